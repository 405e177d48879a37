import type { Task } from "../api/types";
import { viewOf } from "../kinds/views";
import { isEnded } from "./state";

/** Rows derived from a file outlive its bytes. */
export const mayDelete = (task: Task): boolean => isEnded(task) && (task.kept || (keepsRows(task) && task.results_deleted_at === null));

function keepsRows(task: Task): boolean {
  const { keepsRows } = viewOf(task.kind);
  return typeof keepsRows === "boolean" ? keepsRows : keepsRows(task);
}
