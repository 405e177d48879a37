import type { Task } from "../api/types";
import type { Words } from "../kinds/view";
import { viewOf } from "../kinds/views";
import { wasCut } from "../kinds/words";
import { capitalized, count, formatNumber, formatSize, percentOf } from "../shared/format";
import type { IconName } from "../shared/Icon";
import { isInWork } from "./state";

/** The status of a task in plain words. What changes all the time is separate, in `percent` and `progress`, so that screen
 * readers do not read it. */
export interface StatusWords {
  words: string;
  percent: number | null;
  /** The progress, in the words of the kind. */
  progress: string | null;
  icon: IconName;
  /** For its colour, as a class: `status-failed`. The verdict on a file that was checked is its status. */
  tone: "good" | "done" | "failed" | "cancelled" | "open";
}

export function statusWords(task: Task): StatusWords {
  const percent = isInWork(task) ? percentOf(task.progress.done, task.progress.total) : null;
  const view = viewOf(task.kind);
  const words = view.words(task);
  const progress = percent === null ? null : words.progress === "amount" ? doneOf(task) : `${percent} %`;
  if (task.status === "done") {
    const [warning, confirmation] = [view.warning(task), view.confirmation(task)];
    if (warning !== null) return { words: capitalized(warning), percent, progress, icon: "failed", tone: "failed" };
    if (confirmation !== null) return { words: capitalized(confirmation), percent, progress, icon: "done", tone: "good" };
  }
  return { words: wordsOf(task, words), percent, progress, icon: iconOf(task), tone: task.outcome ?? "open" };
}

/** `12.0 MB of 24.0 MB`, `12,000 of 1,000,000 rows` */
export function doneOf({ progress: { done, total, unit } }: Task): string {
  return unit === "rows" ? `${formatNumber(done)} of ${count(total, "row")}` : `${formatSize(done)} of ${formatSize(total)}`;
}

function wordsOf(task: Task, { being, closed, finished }: Words): string {
  const { status, outcome, attempt } = task;
  switch (status) {
    case "receiving":
      return "Being received";
    case "queued":
      if (attempt > 0) return "Queued for a retry";
      return wasCut(task) ? `Queued to be ${closed}` : "Queued";
    case "running":
    case "waiting":
      return `Being ${being}`;
    case "computed":
      if (outcome === "failed") return "Failed: writing the log line";
      if (outcome === "cancelled") return "Cancelled: writing the log line";
      return `${finished}: writing the log line`;
    case "done":
      return "Done";
    case "failed":
      return "Failed";
    case "cancelled":
      return "Cancelled";
    case "expired":
      return "Expired: the upload was never completed";
  }
}

function iconOf({ status, outcome }: Task): IconName {
  if (status === "expired") return "cancelled";
  return outcome ?? "active";
}
