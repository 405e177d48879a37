import type { Task } from "../api/types";

/** Whether nothing about it will change any more. */
export const isEnded = ({ status }: Task): boolean =>
  status === "done" || status === "failed" || status === "cancelled" || status === "expired";

export const mayCancel = ({ outcome }: Task): boolean => outcome === null;

export const mayDelete = (task: Task): boolean => task.kept && isEnded(task);

export const mayRetry = ({ kept, outcome }: Task): boolean => kept && (outcome === "failed" || outcome === "cancelled");
