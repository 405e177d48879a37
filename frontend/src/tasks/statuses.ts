/** The statuses of a task, in the order in which it passes through them. */
export const STATUSES = [
  { status: "queued", words: "queued", isAlwaysShown: true },
  { status: "running", words: "in progress", isAlwaysShown: true },
  { status: "waiting", words: "in progress, in parts", isAlwaysShown: false },
  { status: "computed", words: "being logged", isAlwaysShown: false },
  { status: "done", words: "done", isAlwaysShown: true },
  { status: "failed", words: "failed", isAlwaysShown: true },
  { status: "cancelled", words: "cancelled", isAlwaysShown: true },
] as const;
