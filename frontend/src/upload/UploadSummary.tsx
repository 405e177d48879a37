import { countsInWords, countsOf, sumOf } from "../kinds/contacts/result";
import { count, formatNumber } from "../shared/format";
import { useAnnounced } from "../shared/useAnnounced";
import { md5ResultOf } from "../kinds/md5/result";
import { isEnded } from "../task/state";
import { useKnownTasks } from "../task/useTask";
import { md5sumLine } from "../kinds/md5/md5sum";
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
  const mismatches = done.filter((task) => md5ResultOf(task)?.verdict?.matches === false).length;
  const open = uploading.length + inWork;
  const parts: [number, string][] = [
    [uploading.length, "to upload"],
    [inWork, "in work"],
    [done.length, "done"],
    [mismatches, "of them not as expected"],
    [tasks.filter(({ status }) => status === "failed").length, "failed"],
    [notUploaded.length, "not uploaded"],
    [tasks.filter(({ status }) => status === "cancelled").length + keysOf("stopped").length, "cancelled"],
  ];
  const words = parts.filter(([number]) => number > 0).map(([number, what]) => `${formatNumber(number)} ${what}`);
  const loaded = done.flatMap((task) => countsOf(task) ?? []);
  const rows = sumOf(loaded);
  const contacts = loaded.length === 0 ? null : `${count(rows.rows, "row")}: ${countsInWords(rows).join(", ")}`;
  const digests = done.flatMap((task) => {
    const result = md5ResultOf(task);
    return result === null ? [] : [md5sumLine(result.md5, task.filename)];
  });
  const all = `${formatNumber(items.length)} files: ${words.join(", ")}`;
  useAnnounced(open === 0 ? [all, contacts].filter(Boolean).join("; ") : null);

  return (
    <div className="summary" data-testid="summary">
      <p className="digits">{all}</p>
      {contacts !== null && (
        <p className="digits" data-testid="rows">
          {contacts}
        </p>
      )}
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
        {digests.length > 0 && (
          <button
            type="button"
            onClick={() => {
              save("MD5SUMS", digests.join(""));
            }}
          >
            Save MD5SUMS
          </button>
        )}
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

function save(name: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/octet-stream" }));
  link.download = name;
  link.click();
  setTimeout(() => {
    URL.revokeObjectURL(link.href);
  }, 10_000); // the browser may begin to read it a little later
}
