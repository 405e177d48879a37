import { client, dataOf } from "./client";
import type { Task } from "./types";

const PATIENCE_MS = 20_000; // a request that hangs longer has lost its server

export function fetchTask(id: string, signal: AbortSignal): Promise<Task> {
  const request = client.GET("/v1/tasks/{task_id}", {
    params: { path: { task_id: id } },
    signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
  });
  return dataOf(request, signal);
}

export function cancelTask(id: string): Promise<Task> {
  return dataOf(client.DELETE("/v1/tasks/{task_id}", { params: { path: { task_id: id } } }));
}

/** A new task for the same bytes. */
export function retryTask(id: string): Promise<Task> {
  return dataOf(client.POST("/v1/tasks/{task_id}/retry", { params: { path: { task_id: id } } }));
}

export const fileUrl = (id: string): string => `/v1/tasks/${id}/file`;
