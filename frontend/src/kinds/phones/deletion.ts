import type { Task } from "../../api/types";
import { plain } from "../plain";
import type { Deletion } from "../view";
import { mayHaveNumbers, phonesResultOf } from "./result";

/** The numbers outlive the stored file, and are deleted together with it. */
export function deletion(task: Task): Deletion {
  const isDeleted = task.results_deleted_at !== null;
  if (!isDeleted && !mayHaveNumbers(task)) return plain(task.kind).deletion(task);
  return {
    action: task.kept ? "Delete the numbers and the file" : "Delete the numbers",
    loses: `All numbers that were found in this file are deleted for good${task.kept ? ", and so is the stored file" : ""}.`,
    stays: `The task${phonesResultOf(task) === null ? "" : ", its counts"} and its log line stay.`,
    gone: "The numbers and the stored file were deleted",
  };
}
