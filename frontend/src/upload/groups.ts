import type { Task } from "../api/types";
import { viewOf } from "../kinds/views";
import { formatNumber } from "../shared/format";
import { isEnded } from "../task/state";
import type { Item } from "./queue";

/** The groups of files in the list, in this order. */
export const GROUPS = ["problem", "missing", "open", "rest"] as const;
export type Group = (typeof GROUPS)[number];

/** The one place that a file has in the list and in its summary. */
export interface Standing {
  group: Group;
  /** What it is counted as: `does not match`. */
  words: string;
  /** The order of the counts. */
  rank: number;
}

const standing = (group: Group, rank: number, words: string): Standing => ({ group, words, rank });

/** The remark on a file, where it is shown as its status: there is no verdict on the file. */
export function remarkAsStatus(task: Task, remark: string | null): string | null {
  const { warning, confirmation } = viewOf(task.kind);
  return task.status === "done" && warning(task) === null && confirmation(task) === null ? remark : null;
}

/** `task`: its task as far as it is known, once it is uploaded. */
export function standingOf({ phase, chosen: { remark } }: Item, task: Task | undefined): Standing {
  switch (phase.name) {
    case "failed":
      return standing("problem", 2, "not uploaded");
    case "interrupted":
      return standing("problem", 3, "interrupted");
    case "missing":
      return standing("missing", 12, "missing");
    case "waiting":
    case "sending":
      return standing("open", 6, "to upload");
    case "stopped":
      return standing("rest", 11, "cancelled");
    case "uploaded":
      return task === undefined ? standing("open", 7, "loading") : standingOfTask(task, remark);
  }
}

function standingOfTask(task: Task, remark: string | null): Standing {
  const { warning, confirmation } = viewOf(task.kind);
  const bad = warning(task);
  if (task.outcome === "failed") return standing("problem", 1, "failed");
  if (task.status === "expired") return standing("problem", 4, "expired");
  if (bad !== null) return standing("problem", 0, bad);
  if (!isEnded(task)) return standing("open", 8, "in progress");
  if (task.status === "cancelled") return standing("rest", 11, "cancelled");
  const shown = remarkAsStatus(task, remark);
  if (shown !== null) return standing("problem", 5, uncapitalized(shown));
  const good = confirmation(task);
  return good === null ? standing("rest", 10, "done") : standing("rest", 9, good);
}

/** `1 does not match, 2 not in the list, 10 match`: each file once. */
export function countsInWords(standings: readonly Standing[]): string {
  const counts = new Map<string, { words: string; rank: number; number: number }>();
  for (const { words, rank } of standings) counts.set(words, { words, rank, number: (counts.get(words)?.number ?? 0) + 1 });
  return [...counts.values()]
    .toSorted((one, other) => one.rank - other.rank)
    .map(({ words, number }) => `${formatNumber(number)} ${number === 1 ? words : plural(words)}`)
    .join(", ");
}

const PLURALS: Readonly<Record<string, string>> = { does: "do", is: "are", has: "have", was: "were" };

/** `does not match` becomes `do not match`, `matches` becomes `match`; words without a verb stay. */
function plural(words: string): string {
  const [verb = "", ...rest] = words.split(" ");
  return [PLURALS[verb] ?? verb.replace(/(ch|sh|ss|x)es$/, "$1"), ...rest].join(" ");
}

const uncapitalized = (words: string): string => words.charAt(0).toLowerCase() + words.slice(1);
