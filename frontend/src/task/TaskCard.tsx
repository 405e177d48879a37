import { viewOf } from "../kinds/views";
import { FileCard } from "../shared/FileCard";
import { shownName } from "../shared/format";
import { useAnnounced } from "../shared/useAnnounced";
import { CancelButton } from "./CancelButton";
import { ServiceAwayNote } from "./ServiceAwayNote";
import { TaskDetails } from "./TaskDetails";
import { mayCancel } from "./state";
import { statusWords } from "./words";
import { Times } from "./Times";
import { useTask, type WatchedTask } from "./useTask";

/** One task, by its id, updated live until it has finished. */
export function TaskCard({ id, isQuiet = false }: { id: string; isQuiet?: boolean }) {
  const watched = useTask(id);
  useAnnounced(isQuiet ? null : spoken(watched));
  const { task, refused, away } = watched;

  if (task === undefined) {
    return (
      <div className="card" data-testid="lookup-state">
        {refused !== null && <p className="status bad">{refused.status === 404 ? "There is no task with this id." : refused.message}</p>}
        {away !== null && <ServiceAwayNote away={away} />}
        {refused === null && away === null && <p className="status muted">Loading…</p>}
      </div>
    );
  }
  return (
    <FileCard
      name={task.filename}
      size={task.size}
      status={task.status}
      facts={<Times task={task} />}
      actions={mayCancel(task) && <CancelButton task={task} />}
    >
      <TaskDetails task={task} />
      {refused !== null && <p className="status bad">{refused.message}</p>}
      {away !== null && <ServiceAwayNote away={away} />}
    </FileCard>
  );
}

function spoken({ task, refused, away }: WatchedTask): string | null {
  const name = task === undefined ? "" : `${shownName(task.filename)}: `;
  if (away !== null) return "The service cannot be reached; still trying";
  if (refused !== null) return refused.status === 404 ? "There is no task with this id" : refused.message;
  if (task === undefined) return null;
  return `${name}${statusWords(task).words}${viewOf(task.kind).spoken(task)}`;
}
