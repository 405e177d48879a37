import type { Task } from "../api/types";
import { viewOf } from "../kinds/views";
import { isEnded } from "./state";

/** Rows derived from a file outlive its bytes. */
export const mayDelete = (task: Task): boolean => isEnded(task) && (task.kept || (viewOf(task.kind).keepsRows && task.results_deleted_at === null));
