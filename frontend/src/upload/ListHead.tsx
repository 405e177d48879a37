import type { Task } from "../api/types";
import { viewOf } from "../kinds/views";
import { count, formatNumber } from "../shared/format";
import { useAnnounced } from "../shared/useAnnounced";
import { isEnded } from "../task/state";
import { isAwaited, type Item, type UploadQueue } from "./queue";

/** A summary of the list, and the actions for all of its files. */
export function ListHead({ items, tasks, queue }: { items: readonly Item[]; tasks: readonly Task[]; queue: UploadQueue }) {
  const keysOf = (...names: Item["phase"]["name"][]) => items.filter(({ phase }) => names.includes(phase.name)).map(({ key }) => key);
  const uploading = keysOf("waiting", "sending");
  const notUploaded = keysOf("failed");
  const loading = keysOf("uploaded").length - tasks.length;
  const finished = tasks.filter(isEnded);
  const done = tasks.filter(({ status }) => status === "done");
  const warned = done.filter((task) => viewOf(task.kind).warning(task) !== null).length;
  const inProgress = tasks.length - finished.length;
  const open = uploading.length + inProgress + loading;
  const files = items.filter((item) => !isAwaited(item)).length;
  const parts: [number, string][] = [
    [warned, "not as expected"],
    [tasks.filter(({ status }) => status === "failed").length, "failed"],
    [notUploaded.length, "not uploaded"],
    [keysOf("interrupted").length, "interrupted"],
    [keysOf("missing").length, "missing"],
    [uploading.length, "to upload"],
    [loading, "loading"],
    [inProgress, "in progress"],
    [done.length - warned, "done"],
    [finished.length - done.length - tasks.filter(({ status }) => status === "failed").length + keysOf("stopped").length, "cancelled"],
  ];
  const words = parts.filter(([number]) => number > 0).map(([number, what]) => `${formatNumber(number)} ${what}`);
  const groups = groupedByKind(done);
  const sums = groups.flatMap(({ view, tasks }) => view.sumUp(tasks) ?? []);
  const all = `${count(files, "file")}: ${words.join(", ")}`;
  const isOne = items.length === 1;
  useAnnounced(open === 0 && !isOne ? [all, ...sums.map(({ words }) => words)].join("; ") : null);

  return (
    <div className="list-head" data-testid="summary">
      <div className="summary">
        <h2 id="files-title">Your files</h2>
        {!isOne && (
          <div>
            <p className="digits">{all}</p>
            {sums.map(({ words, testId }) => (
              <p key={testId} className="digits" data-testid={testId}>
                {words}
              </p>
            ))}
          </div>
        )}
      </div>
      <div className="actions">
        {uploading.length > 1 &&
          quietButton(`Cancel ${count(uploading.length, "upload")}`, () => {
            queue.stop(...uploading);
          })}
        {notUploaded.length > 1 &&
          quietButton(`Retry ${count(notUploaded.length, "upload")}`, () => {
            queue.retry(...notUploaded);
          })}
        {uploading.length === 0 &&
          quietButton("Clear list", () => {
            queue.remove(...items.map(({ key }) => key));
          })}
        {groups.map(({ kind, view, tasks }) => !isOne && view.ForAll !== null && <view.ForAll key={kind} tasks={tasks} />)}
      </div>
      {open > 0 && !isOne && <progress aria-label="Finished files" value={files - open} max={files} />}
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
