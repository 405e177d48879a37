import type { Task } from "../../api/types";
import type { Words } from "../view";
import { wasCut } from "../words";

/** One worker begins; all workers search a file that is large. The different numbers are counted at the end. */
export const words = (task: Task): Words => ({
  being: beingOf(task),
  been: "searched",
  naming: "Search",
  finished: "Searched",
  close: "count the different numbers",
  closed: "counted",
  progress: "percent",
});

function beingOf(task: Task): string {
  if (task.status === "waiting") return "searched by all workers";
  return wasCut(task) ? "counted" : "searched";
}
