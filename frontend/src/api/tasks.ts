import { client, dataOf } from "./client";
import { REQUEST_TIMEOUT_MS, withTimeout } from "./retrying";
import type { Filters, Stats, Task, TaskPage, TaskQuery } from "./types";

export function fetchTask(id: string, signal: AbortSignal): Promise<Task> {
  return dataOf(client.GET("/v1/tasks/{task_id}", { params: { path: { task_id: id } }, signal: withTimeout(signal) }), signal);
}

/** A page of tasks, newest first. */
export function fetchTasks(filters: Filters, signal: AbortSignal): Promise<TaskPage> {
  const query = filters as TaskQuery; // the service checks the values
  return dataOf(client.GET("/v1/tasks", { params: { query }, signal: withTimeout(signal) }), signal);
}

export function fetchStats(signal: AbortSignal): Promise<Stats> {
  return dataOf(client.GET("/v1/stats", { signal: withTimeout(signal) }), signal);
}

export function cancelTask(id: string): Promise<Task> {
  return dataOf(client.DELETE("/v1/tasks/{task_id}", { params: { path: { task_id: id } } }));
}

/** Whether the service can be reached now. */
export async function isReachable(): Promise<boolean> {
  try {
    return (await client.GET("/healthz", { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS), cache: "no-store" })).response.ok;
  } catch {
    return false;
  }
}

/** A new task for the same bytes. */
export function retryTask(id: string): Promise<Task> {
  return dataOf(client.POST("/v1/tasks/{task_id}/retry", { params: { path: { task_id: id } } }));
}

/** Deletes the stored bytes and the results; the task stays. */
export async function deleteResults(id: string): Promise<void> {
  await dataOf(client.DELETE("/v1/tasks/{task_id}/results", { params: { path: { task_id: id } } }));
}

export const fileUrl = (id: string): string => `/v1/tasks/${id}/file`;
