/** Those that a task of this service can be in, in the order of its way, in few words. */
export const STATUSES = [
  { status: "queued", words: "queued" },
  { status: "running", words: "in work" },
  { status: "waiting", words: "in work, in parts" },
  { status: "computed", words: "being logged" },
  { status: "done", words: "done" },
  { status: "failed", words: "failed" },
  { status: "cancelled", words: "cancelled" },
] as const;
