import type { Task } from "../api/types";
import { viewOf } from "../kinds/views";
import { count, formatNumber } from "../shared/format";
import { useAnnounced } from "../shared/useAnnounced";
import { isEnded } from "../task/state";
import { useKnownTasks } from "../task/useTask";
import type { Item, UploadQueue } from "./queue";

/** All files of this page in a few words, and what can be done with all at once. */
export function UploadSummary({ items, queue }: { items: readonly Item[]; queue: UploadQueue }) {
  const tasks = useKnownTasks(items.flatMap(({ phase }) => (phase.name === "handed-over" ? [phase.taskId] : [])));
  const keysOf = (...names: Item["phase"]["name"][]) => items.filter(({ phase }) => names.includes(phase.name)).map(({ key }) => key);
  const uploading = keysOf("waiting", "sending");
  const notUploaded = keysOf("failed");
  const ended = tasks.filter(isEnded);
  const inWork = tasks.length - ended.length;
  const done = tasks.filter(({ status }) => status === "done");
  const warned = done.filter((task) => viewOf(task.kind).warning(task) !== null).length;
  const open = uploading.length + inWork;
  const parts: [number, string][] = [
    [uploading.length, "to upload"],
    [inWork, "in work"],
    [done.length, "done"],
    [warned, "of them not as expected"],
    [tasks.filter(({ status }) => status === "failed").length, "failed"],
    [notUploaded.length, "not uploaded"],
    [tasks.filter(({ status }) => status === "cancelled").length + keysOf("stopped").length, "cancelled"],
  ];
  const words = parts.filter(([number]) => number > 0).map(([number, what]) => `${formatNumber(number)} ${what}`);
  const groups = groupedByKind(done);
  const sums = groups.flatMap(({ view, tasks }) => view.sumUp(tasks) ?? []);
  const all = `${formatNumber(items.length)} files: ${words.join(", ")}`;
  useAnnounced(open === 0 ? [all, ...sums.map(({ words }) => words)].join("; ") : null);

  return (
    <div className="summary" data-testid="summary">
      <p className="digits">{all}</p>
      {sums.map(({ words, testId }) => (
        <p key={testId} className="digits" data-testid={testId}>
          {words}
        </p>
      ))}
      {open > 0 && <progress aria-label="Files that have ended" value={items.length - open} max={items.length} />}
      <div className="actions">
        {uploading.length > 0 &&
          quietButton(`Cancel ${count(uploading.length, "upload")}`, () => {
            queue.stop(...uploading);
          })}
        {notUploaded.length > 0 &&
          quietButton(`Upload ${formatNumber(notUploaded.length)} again`, () => {
            queue.tryAgain(...notUploaded);
          })}
        {open === 0 &&
          quietButton("Empty this list", () => {
            queue.remove(...items.map(({ key }) => key));
          })}
        {groups.map(({ kind, view, tasks }) => view.ForAll !== null && <view.ForAll key={kind} tasks={tasks} />)}
      </div>
    </div>
  );
}

function quietButton(words: string, act: () => void) {
  return (
    <button type="button" className="quiet" onClick={act}>
      {words}
    </button>
  );
}

function groupedByKind(tasks: readonly Task[]) {
  const kinds = [...new Set(tasks.map(({ kind }) => kind))];
  return kinds.map((kind) => ({ kind, view: viewOf(kind), tasks: tasks.filter((task) => task.kind === kind) }));
}
