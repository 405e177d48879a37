import type { QueryClient } from "@tanstack/react-query";
import type { Task } from "../api/types";
import { Speedometer } from "../shared/speed";
import { isEnded, isInWork } from "./state";

const PACE_WINDOW_MS = 20_000; // workers report their progress every two seconds

export const taskKey = (id: string) => ["task", id] as const;
export const paceKey = (id: string) => ["pace", id] as const;

const meters = new Map<string, { meter: Speedometer; unit: Task["progress"]["unit"] }>();

/** Put the latest state of a task into the cache that all components read. A finished task stays finished: an answer that
 * arrives later is older. */
export function remember(queryClient: QueryClient, task: Task): void {
  const known = queryClient.getQueryData<Task>(taskKey(task.id));
  if (known !== undefined && isEnded(known) && !isEnded(task)) return;
  notePace(queryClient, task);
  queryClient.setQueryData(taskKey(task.id), task);
}

/** The current speed of the work, in bytes or rows per second; null until enough is known. */
export function notePace(queryClient: QueryClient, task: Task): void {
  const { id, progress } = task;
  if (!isInWork(task)) {
    meters.delete(id);
    return;
  }
  const known = meters.get(id);
  const meter = known?.unit === progress.unit ? known.meter : new Speedometer(PACE_WINDOW_MS);
  meters.set(id, { meter, unit: progress.unit });
  queryClient.setQueryData(paceKey(id), meter.measure(progress.done, performance.now()));
}
