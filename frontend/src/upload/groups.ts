import type { Task } from "../api/types";
import { viewOf } from "../kinds/views";
import { isEnded } from "../task/state";
import type { Item } from "./queue";

/** The groups of files in the list, in this order. */
export const GROUPS = ["problem", "missing", "open", "rest"] as const;
export type Group = (typeof GROUPS)[number];

/** `task`: its task as far as it is known, once it is uploaded. */
export function groupOf({ phase, chosen }: Item, task: Task | undefined): Group {
  switch (phase.name) {
    case "failed":
    case "interrupted":
      return "problem";
    case "missing":
      return "missing";
    case "waiting":
    case "sending":
      return "open";
    case "stopped":
      return "rest";
    case "uploaded":
      if (task === undefined) return "open";
      if (task.outcome === "failed" || task.status === "expired" || viewOf(task.kind).warning(task) !== null) return "problem";
      if (!isEnded(task)) return "open";
      return chosen.remark !== null ? "problem" : "rest";
  }
}
