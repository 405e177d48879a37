import { client, dataOf } from "./client";
import { Refused } from "./errors";
import type { Session } from "./types";

/** Who is signed in, and whether keys are required. */
export function fetchSession(signal?: AbortSignal): Promise<Session> {
  return dataOf(client.GET("/v1/session", { signal: signal ?? null, cache: "no-store" }), signal);
}

const NOT_KEPT = "The key is valid, but your browser did not store the cookie. Allow cookies for this site and sign in again.";

/** From now on the browser sends a cookie, which this page cannot read. */
export async function signIn(key: string): Promise<Session> {
  await dataOf(client.POST("/v1/session", { body: { key } }));
  const session = await fetchSession();
  if (session.owner === null) throw new Refused(401, NOT_KEPT);
  return session;
}

export async function signOut(): Promise<void> {
  await dataOf(client.DELETE("/v1/session"));
}
