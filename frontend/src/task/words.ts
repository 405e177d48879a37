import type { Task } from "../api/types";
import { count, formatNumber, formatSize, percentOf } from "../shared/format";
import type { IconName } from "../shared/Icon";
import { isInWork } from "./state";

/** The status of a task in plain words. What changes all the time is apart in `percent` and `progress`, so that nobody has to
 * hear it. */
export interface StatusWords {
  words: string;
  percent: number | null;
  /** How far it is, as its kind is best told. */
  progress: string | null;
  icon: IconName;
}

export function statusWords(task: Task): StatusWords {
  const percent = isInWork(task) ? percentOf(task.progress.done, task.progress.total) : null;
  const progress = percent === null ? null : task.kind === "contacts" ? doneOf(task) : `${percent} %`;
  return { words: wordsOf(task), percent, progress, icon: iconOf(task) };
}

/** `12.0 MB of 24.0 MB`, `12,000 of 1,000,000 rows` */
export function doneOf({ progress: { done, total, unit } }: Task): string {
  return unit === "rows" ? `${formatNumber(done)} of ${count(total, "row")}` : `${formatSize(done)} of ${formatSize(total)}`;
}

/** What is done to a file of this kind, and what then has been done to it. */
export function workOf(task: Task): { being: string; been: string; naming: string } {
  if (task.kind !== "contacts") return { being: task.status === "waiting" ? "hashed in parts" : "hashed", been: "hashed", naming: "Hashing" };
  if (task.status === "waiting") return { being: "loaded by all workers", been: "loaded", naming: "Loading" };
  return isCut(task) ? { being: "counted", been: "loaded", naming: "Loading" } : { being: "read", been: "read", naming: "Reading" };
}

/** Whether it was cut into parts: from then on it is counted in rows. */
const isCut = ({ progress: { unit } }: Task): boolean => unit === "rows";

function wordsOf(task: Task): string {
  const { status, outcome, attempt } = task;
  switch (status) {
    case "receiving":
      return "Being received";
    case "queued":
      if (attempt > 0) return "Queued to be tried again";
      return isCut(task) ? "Queued to be counted" : "Queued";
    case "running":
    case "waiting":
      return `Being ${workOf(task).being}`;
    case "computed":
      if (outcome === "failed") return "Failed: writing the log line";
      if (outcome === "cancelled") return "Cancelled: writing the log line";
      return task.kind === "contacts" ? "Loaded: writing the log line" : "Hashed: writing the log line";
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
