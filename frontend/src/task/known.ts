import type { QueryClient } from "@tanstack/react-query";
import type { Task } from "../api/types";
import { Speedometer } from "../shared/speed";
import { isEnded, isInWork } from "./state";

const PACE_WINDOW_MS = 20_000; // workers tell their progress every two seconds

export const taskKey = (id: string) => ["task", id] as const;
export const paceKey = (id: string) => ["pace", id] as const;

const meters = new Map<string, { meter: Speedometer; unit: Task["progress"]["unit"] }>();

/** Keep what the service has just said of a task where everybody looks for it. What has ended stays so: an answer that took
 * longer on its way is older. */
export function remember(queryClient: QueryClient, task: Task): void {
  const known = queryClient.getQueryData<Task>(taskKey(task.id));
  if (known !== undefined && isEnded(known) && !isEnded(task)) return;
  notePace(queryClient, task);
  queryClient.setQueryData(taskKey(task.id), task);
}

/** How fast the work goes now, in bytes per second, or rows; null as long as too little is known. */
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
