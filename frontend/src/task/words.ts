import type { Task } from "../api/types";
import { percentOf } from "../shared/format";
import type { IconName } from "../shared/Icon";

/** The status of a task in plain words. What changes all the time is apart in `percent`, so that nobody has to hear it. */
export interface StatusWords {
  words: string;
  percent: number | null;
  icon: IconName;
}

export function statusWords(task: Task): StatusWords {
  const percent = task.status === "running" ? percentOf(task.progress.done, task.progress.total) : null;
  return { words: wordsOf(task), percent, icon: iconOf(task) };
}

function wordsOf({ status, outcome, attempt }: Task): string {
  switch (status) {
    case "receiving":
      return "Being received";
    case "queued":
      return attempt > 0 ? "Queued to be tried again" : "Queued";
    case "running":
      return "Being hashed";
    case "waiting":
      return "Being hashed in parts";
    case "computed":
      if (outcome === "failed") return "Failed: writing the log line";
      if (outcome === "cancelled") return "Cancelled: writing the log line";
      return "Hashed: writing the log line";
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
