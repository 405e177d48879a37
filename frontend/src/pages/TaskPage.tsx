import "../styles/task.css";
import { fileUrl } from "../api/tasks";
import type { Task } from "../api/types";
import { viewOf } from "../kinds/views";
import { Lookup } from "../lookup/Lookup";
import { isId, taskPath } from "../lookup/taskId";
import { useOwner } from "../session/useSession";
import { CopyButton } from "../shared/CopyButton";
import { shownName } from "../shared/format";
import { Link } from "../shared/Link";
import { useAnnounced } from "../shared/useAnnounced";
import { useTitle } from "../shared/useTitle";
import { DeleteButton } from "../task/DeleteButton";
import { mayDelete } from "../task/deletion";
import { toTheMinute } from "../task/moments";
import { RetryButton } from "../task/RetryButton";
import { mayRetry } from "../task/state";
import { TaskCard } from "../task/TaskCard";
import { Timeline } from "../task/Timeline";
import { useExpiry } from "../task/useExpiry";
import { useTask } from "../task/useTask";
import { statusWords } from "../task/words";

/** One task: what became of it, when, and how to get it from a script. */
export function TaskPage({ id }: { id: string }) {
  return isId(id) ? <WellFormed id={id} /> : <NoSuchTask why="This is not an id: an id has 36 characters, hex digits in five groups with hyphens between them." />;
}

function WellFormed({ id }: { id: string }) {
  const { task, refused } = useTask(id);
  useExpiry(task);
  useTitle(task === undefined ? "Task" : `${statusWords(task).words}: ${shownName(task.filename)}`);
  if (task === undefined && refused?.status === 404) return <NoSuchTask why="Check the id. It was shown when the file was uploaded." />;
  return (
    <>
      <section aria-labelledby="task-title">
        <h2 id="task-title" className="visually-hidden">
          Task
        </h2>
        <TaskCard id={id} />
      </section>
      {task !== undefined && <More task={task} />}
    </>
  );
}

function More({ task }: { task: Task }) {
  return (
    <>
      <section aria-labelledby="timeline-title">
        <h2 id="timeline-title">History</h2>
        {task.retry_of !== null && (
          <p className="muted">
            This task is a retry of <Link to={taskPath(task.retry_of)}>an earlier task</Link>.
          </p>
        )}
        <Timeline task={task} />
      </section>
      <StoredFile task={task} />
      <ForScripts task={task} />
      {mayDelete(task) && <Danger task={task} />}
    </>
  );
}

function StoredFile({ task }: { task: Task }) {
  return (
    <section aria-labelledby="file-title" className="file-actions">
      <h2 id="file-title">File</h2>
      <p className="muted" data-testid="stored">
        {storedInWords(task)}
      </p>
      {task.kept && (
        <div className="actions">
          <a className="button quiet" href={fileUrl(task.id)} download>
            Download
          </a>
          {mayRetry(task) && <RetryButton id={task.id} />}
        </div>
      )}
    </section>
  );
}

function storedInWords({ kept, kept_until, outcome, result }: Task): string {
  if (!kept) return `The file is no longer stored. ${outcome === "done" ? "To process it again" : "To retry it"}, upload it again.`;
  return kept_until === null ? "The file is stored." : `The file is stored until ${toTheMinute(kept_until)}. The ${result === null ? "task" : "result"} and the log line stay.`;
}

function ForScripts({ task }: { task: Task }) {
  const key = useOwner() === null ? "" : `-H "Authorization: Bearer $MD5_KEY" `;
  const curl = `curl ${key}'${location.origin}/v1/tasks/${task.id}'`;
  return (
    <section aria-labelledby="scripts-title">
      <h2 id="scripts-title">For scripts</h2>
      <div className="with-button curl">
        <code>{curl}</code>
        <CopyButton text={curl} of="command" />
      </div>
      <details>
        <summary>Show the answer</summary>
        <pre data-testid="json">{JSON.stringify(task, null, 2)}</pre>
      </details>
    </section>
  );
}

function Danger({ task }: { task: Task }) {
  const { action, loses, stays } = viewOf(task.kind).deletion(task);
  return (
    <section aria-labelledby="danger-title" className="danger-zone">
      <h2 id="danger-title">{action}</h2>
      <p>
        {loses} {stays}
      </p>
      <div className="actions">
        <DeleteButton task={task} />
      </div>
    </section>
  );
}

function NoSuchTask({ why }: { why: string }) {
  useTitle("Task not found");
  useAnnounced("There is no task with this id");
  return (
    <>
      <section aria-labelledby="not-found-title">
        <h2 id="not-found-title">Task not found</h2>
        <p>There is no task with this id. {why}</p>
      </section>
      <Lookup />
    </>
  );
}
