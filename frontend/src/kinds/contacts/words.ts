import type { Task } from "../../api/types";
import type { Words } from "../view";

/** One worker reads a file; all workers load it if it is large. From then on its progress is in rows, which are counted at the end. */
export const words = (task: Task): Words => ({ ...stageOf(task), finished: "Loaded", close: "count", closed: "counted", progress: "amount" });

function stageOf({ status, progress: { unit } }: Task): Pick<Words, "being" | "been" | "naming"> {
  if (status === "waiting") return { being: "loaded by all workers", been: "loaded", naming: "Loading" };
  return unit === "rows" ? { being: "counted", been: "loaded", naming: "Loading" } : { being: "read", been: "read", naming: "Reading" };
}
