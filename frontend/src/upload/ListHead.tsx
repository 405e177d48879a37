import type { Task } from "../api/types";
import { viewOf } from "../kinds/views";
import { count } from "../shared/format";
import { useAnnounced } from "../shared/useAnnounced";
import { countsInWords, type Standing } from "./groups";
import type { Item, UploadQueue } from "./queue";

interface Props {
  items: readonly Item[];
  /** One for each item. */
  standings: readonly Standing[];
  tasks: readonly Task[];
  queue: UploadQueue;
}

/** A summary of the list, and the actions for all of its files. */
export function ListHead({ items, standings, tasks, queue }: Props) {
  const keysOf = (...names: Item["phase"]["name"][]) => items.filter(({ phase }) => names.includes(phase.name)).map(({ key }) => key);
  const uploading = keysOf("waiting", "sending");
  const notUploaded = keysOf("failed");
  const done = tasks.filter(({ status }) => status === "done");
  const missing = standings.filter(({ group }) => group === "missing");
  const there = standings.filter(({ group }) => group !== "missing");
  const open = there.filter(({ group }) => group === "open").length;
  const groups = groupedByKind(done);
  const sums = groups.flatMap(({ view, tasks }) => view.sumUp(tasks) ?? []);
  const files = there.length === 0 ? [] : [`${count(there.length, "file")}: ${countsInWords(there)}`];
  const all = [...files, ...(missing.length === 0 ? [] : [countsInWords(missing)])].join("; ");
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
      {open > 0 && !isOne && <progress aria-label="Finished files" value={there.length - open} max={there.length} />}
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
