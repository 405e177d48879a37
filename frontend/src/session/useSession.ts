import { queryOptions, useMutation, useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { retrying } from "../api/retrying";
import { fetchSession, signIn, signOut } from "../api/session";
import type { Session } from "../api/types";
import { onUnauthorized } from "../api/unauthorized";
import { announce } from "../shared/announce";
import { redirect } from "../shared/navigation";
import { forgetOwned } from "../shared/owned";
import { onOtherWindow, tellOtherWindows } from "./windows";

const sessionKey = ["session"] as const;

export interface KnownSession extends Session {
  /** Who was signed in last: the next owner must not see any of their data. */
  lastOwner: string | null;
  /** Increases whenever the page changes to another owner. */
  turn: number;
}

const UNKNOWN: KnownSession = { auth: "none", owner: null, lastOwner: null, turn: 0 };

/** Who is signed in. Until that is known, the page assumes that no keys are needed, as in most installations. */
export function useSession(): KnownSession {
  const queryClient = useQueryClient();
  return useQuery(asking(queryClient)).data ?? UNKNOWN;
}

/** Whose list of files this tab keeps; empty if no keys are needed. Null: that is not known yet, or nobody is signed in. */
export const listOwnerOf = (session: KnownSession): string | null => (session === UNKNOWN ? null : session.auth === "none" ? "" : session.owner);

/** The owner, as far as it is already known. */
export function useOwner(): string | null {
  return useQuery({ ...asking(useQueryClient()), enabled: false }).data?.owner ?? null;
}

const asking = (queryClient: QueryClient) =>
  queryOptions({
    ...retrying,
    queryKey: sessionKey,
    queryFn: async ({ signal }) => settled(queryClient, await fetchSession(signal)),
    staleTime: ({ state }) => (state.data?.auth === "none" ? Infinity : 0), // another tab may sign in or out
  });

/** After any answer 401, the page asks for a key. */
export function useSignInWhenAsked(): void {
  const queryClient = useQueryClient();
  useEffect(
    () =>
      onUnauthorized(() => {
        const known = queryClient.getQueryData<KnownSession>(sessionKey);
        // The service is not asked again: if it then reported a known key, the two answers would alternate forever.
        if (known?.auth === "keys") queryClient.setQueryData(sessionKey, { ...known, owner: null });
        else void queryClient.invalidateQueries({ queryKey: sessionKey }, { cancelRefetch: false });
      }),
    [queryClient],
  );
}

/**
 * Follow the other windows of this browser, which share its cookie. What they tell takes effect at once, so that this window uploads
 * nothing more for its previous owner; the service is then asked as well.
 */
export function useOtherWindows(): void {
  const queryClient = useQueryClient();
  useEffect(() => {
    const follow = async (owner: string | null) => {
      if (queryClient.getQueryData<KnownSession>(sessionKey)?.auth === "none") return;
      if (owner === null) await signedOut(queryClient);
      else await become(queryClient, settled(queryClient, { auth: "keys", owner }));
      await queryClient.invalidateQueries({ queryKey: sessionKey });
    };
    return onOtherWindow((owner) => void follow(owner));
  }, [queryClient]);
}

export function useSignIn(onError: (error: Error) => void) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: signIn,
    networkMode: "always",
    onSuccess: async (session) => {
      tellOtherWindows(session.owner);
      await become(queryClient, settled(queryClient, session));
      announce(`Signed in as ${session.owner ?? ""}`);
    },
    onError,
  });
}

export function useSignOut() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: signOut,
    networkMode: "always",
    onSuccess: async () => {
      tellOtherWindows(null);
      await signedOut(queryClient);
    },
  });
}

async function signedOut(queryClient: QueryClient): Promise<void> {
  const { turn } = queryClient.getQueryData<KnownSession>(sessionKey) ?? UNKNOWN;
  await become(queryClient, { auth: "keys", owner: null, lastOwner: null, turn: turn + 1 });
  forget(queryClient);
  forgetOwned();
  redirect("/"); // the URL may be that of a task
}

async function become(queryClient: QueryClient, session: KnownSession): Promise<void> {
  await queryClient.cancelQueries({ queryKey: sessionKey }); // an older answer must not arrive later
  queryClient.setQueryData(sessionKey, session);
}

/** The session, without any of the previous owner's data. */
function settled(queryClient: QueryClient, session: Session): KnownSession {
  const before = queryClient.getQueryData<KnownSession>(sessionKey) ?? UNKNOWN;
  const { lastOwner, turn } = before;
  if (session.owner === null || session.owner === before.owner) return { ...session, lastOwner, turn };
  if (before !== UNKNOWN) forget(queryClient);
  const isAnother = lastOwner !== null && lastOwner !== session.owner;
  return { ...session, lastOwner: session.owner, turn: isAnother ? turn + 1 : turn };
}

function forget(queryClient: QueryClient): void {
  queryClient.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionKey[0] });
}
