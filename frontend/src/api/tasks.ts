import { client, dataOf } from "./client";
import type { Task } from "./types";

const WAIT_S = 2; // short, so that progress is seen; the answer comes at once when the task ends
const PATIENCE_MS = 20_000; // a request that hangs longer has lost its server
const MAX_WAITS = 2;

// A browser opens six connections to one HTTP/1.1 host. Three may carry uploads; waits must not take all the others, or
// a hundred open tasks would hold up the next upload and every click.
let waits = 0;

/** A task as it is now, or up to `WAIT_S` later if it ends by then. */
export async function fetchTask(id: string, signal: AbortSignal): Promise<Task> {
  const mayWait = waits < MAX_WAITS;
  if (mayWait) waits += 1;
  try {
    return await dataOf(
      client.GET("/v1/tasks/{task_id}", {
        params: { path: { task_id: id } },
        headers: mayWait ? { Prefer: `wait=${WAIT_S}` } : {},
        signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
      }),
      signal,
    );
  } finally {
    if (mayWait) waits -= 1;
  }
}

export function cancelTask(id: string): Promise<Task> {
  return dataOf(client.DELETE("/v1/tasks/{task_id}", { params: { path: { task_id: id } } }));
}
