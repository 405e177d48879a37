import type { Task } from "../../api/types";
import { plain } from "../plain";
import type { Deletion } from "../view";
import { hasLoadedRows, loadResultOf } from "./result";

/** Whether the file may have brought contacts or rejected rows. A task that failed may have loaded rows that its progress does not show yet. */
export function mayHaveRows(task: Task): boolean {
  const result = loadResultOf(task);
  if (result !== null) return result.inserted > 0 || result.invalid > 0;
  if (task.progress.unit === "rows") return true;
  return task.started_at !== null && task.error?.code !== "invalid_input"; // which is found before anything is loaded
}

/** Contacts outlive the file that they came from, and are deleted together with it. */
export function deletion(task: Task): Deletion {
  if (!mayHaveRows(task)) return plain(task.kind).deletion(task);
  const hasFinished = loadResultOf(task) !== null;
  const rows = hasFinished || hasLoadedRows(task) ? "All contacts that this file brought and its rejected rows" : "Any contacts that this file brought and any rejected rows";
  return {
    action: "Undo this import",
    loses: `${rows} are deleted for good${task.kept ? ", and so is the stored file" : ""}. This includes contacts that a later file has too, where this file brought them first.`,
    stays: `Contacts that other files brought stay, and so do this task${hasFinished ? ", its counts" : ""} and its log line.`,
    gone: "The import was undone: its contacts and rejected rows were deleted",
  };
}
