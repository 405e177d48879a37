import type { Task } from "../../api/types";
import type { Words } from "../view";

/** A file is read by one worker, and loaded by all where it is large: from then on it is told in rows, and counted in the end. */
export const words = (task: Task): Words => ({ ...stageOf(task), finished: "Loaded", close: "count", closed: "counted", progress: "amount" });

function stageOf({ status, progress: { unit } }: Task): Pick<Words, "being" | "been" | "naming"> {
  if (status === "waiting") return { being: "loaded by all workers", been: "loaded", naming: "Loading" };
  return unit === "rows" ? { being: "counted", been: "loaded", naming: "Loading" } : { being: "read", been: "read", naming: "Reading" };
}
