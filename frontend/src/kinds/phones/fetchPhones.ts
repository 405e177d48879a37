import { client, dataOf } from "../../api/client";
import { withTimeout } from "../../api/retrying";
import type { PhoneFilters } from "./address";
import type { PhonePage, RegionCounts } from "./types";

const CONTEXT = 60; // characters on each side of a number

/** Up to `limit` numbers of a file from a cursor on, with their context. */
export function fetchPhones(task: string, { number, region, cursor }: PhoneFilters, limit: number, signal: AbortSignal): Promise<PhonePage> {
  const given = Object.fromEntries(Object.entries({ number, region, cursor }).filter(([, value]) => value !== null));
  const params = { path: { task_id: task }, query: { ...given, context: CONTEXT, limit } };
  return dataOf(client.GET("/v1/tasks/{task_id}/phones", { params, signal: withTimeout(signal) }), signal);
}

/** How many numbers of each region have been found so far. */
export function fetchRegions(task: string, signal: AbortSignal): Promise<RegionCounts> {
  return dataOf(client.GET("/v1/tasks/{task_id}/phones/regions", { params: { path: { task_id: task } }, signal: withTimeout(signal) }), signal);
}
