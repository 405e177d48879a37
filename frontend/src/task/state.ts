import type { Task } from "../api/types";

/** Whether nothing about the task will change any more. */
export const isEnded = ({ status }: Task): boolean =>
  status === "done" || status === "failed" || status === "cancelled" || status === "expired";

/** Whether it is making progress; a waiting task makes progress through its parts. */
export const isInWork = ({ status }: Task): boolean => status === "running" || status === "waiting";

export const mayCancel = ({ outcome }: Task): boolean => outcome === null;

export const mayRetry = ({ kept, outcome }: Task): boolean => kept && (outcome === "failed" || outcome === "cancelled");
