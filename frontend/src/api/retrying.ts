import { Refused, ServiceAway } from "./errors";

const LONGEST_BACK_OFF_MS = 10_000;
export const REQUEST_TIMEOUT_MS = 20_000; // a request that hangs longer has lost its server

export const withTimeout = (signal: AbortSignal): AbortSignal => AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]);

/** For every question to the service: a service that is away is asked again until it is back, one that says no is not. */
export const retrying = {
  networkMode: "always", // `navigator.onLine` knows nothing of a service on this host or in this network
  retry: (_: number, error: Error) => error instanceof ServiceAway,
  retryDelay: (failures: number) => Math.min(500 * 2 ** failures, LONGEST_BACK_OFF_MS),
} as const;

export interface Trouble {
  /** Why it is not known; the service has said so itself, and asking again would not help. */
  refused: Refused | null;
  /** The service does not answer now, and is being asked again; its own words, where it had any. */
  away: ServiceAway | null;
}

export function troubleOf({ error, failureReason }: { error: Error | null; failureReason: Error | null }): Trouble {
  const trouble = error ?? failureReason;
  return { refused: trouble instanceof Refused ? trouble : null, away: trouble instanceof ServiceAway ? trouble : null };
}
