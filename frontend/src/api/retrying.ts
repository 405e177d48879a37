import { Refused, ServiceAway } from "./errors";

const LONGEST_BACK_OFF_MS = 10_000;
export const REQUEST_TIMEOUT_MS = 20_000; // after that the server is assumed to be gone

export const withTimeout = (signal: AbortSignal): AbortSignal => AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]);

/** For every request: it is repeated until the service is available again, but not if the service refuses it. */
export const retrying = {
  networkMode: "always", // `navigator.onLine` does not apply to a service on this host or in this network
  retry: (_: number, error: Error) => error instanceof ServiceAway,
  retryDelay: (failures: number) => Math.min(500 * 2 ** failures, LONGEST_BACK_OFF_MS),
} as const;

export interface Trouble {
  /** The service refused the request; repeating it would not help. */
  refused: Refused | null;
  /** The service is unavailable, and the request is being repeated; with the service’s own message, if any. */
  away: ServiceAway | null;
}

export function troubleOf({ error, failureReason }: { error: Error | null; failureReason: Error | null }): Trouble {
  const trouble = error ?? failureReason;
  return { refused: trouble instanceof Refused ? trouble : null, away: trouble instanceof ServiceAway ? trouble : null };
}
