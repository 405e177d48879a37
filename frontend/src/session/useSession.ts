import { queryOptions, useMutation, useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { retrying } from "../api/retrying";
import { fetchSession, signIn, signOut } from "../api/session";
import type { Session } from "../api/types";
import { onUnauthorized } from "../api/unauthorized";
import { announce } from "../shared/announce";
import { redirect } from "../shared/navigation";

const sessionKey = ["session"] as const;

export interface KnownSession extends Session {
  /** Who was signed in last: not the next one's to see. */
  lastOwner: string | null;
  /** Rises when the page becomes another owner's. */
  turn: number;
}

const UNKNOWN: KnownSession = { auth: "none", owner: null, lastOwner: null, turn: 0 };

/** Who is signed in. As long as that is not known, the page is as it is without keys: most services ask for none. */
export function useSession(): KnownSession {
  const queryClient = useQueryClient();
  return useQuery(asking(queryClient)).data ?? UNKNOWN;
}

/** The same, for those who do not ask themselves. */
export function useOwner(): string | null {
  return useQuery({ ...asking(useQueryClient()), enabled: false }).data?.owner ?? null;
}

const asking = (queryClient: QueryClient) =>
  queryOptions({
    ...retrying,
    queryKey: sessionKey,
    queryFn: async ({ signal }) => settled(queryClient, await fetchSession(signal)),
    staleTime: ({ state }) => (state.data?.auth === "none" ? Infinity : 0), // another tab may sign out, or in
  });

/** Whoever is told 401 need not say what that means: the page asks for a key. */
export function useSignInWhenAsked(): void {
  const queryClient = useQueryClient();
  useEffect(
    () =>
      onUnauthorized(() => {
        const known = queryClient.getQueryData<KnownSession>(sessionKey);
        // Not asked whether it is so: were the answer ever no, the two would go on contradicting each other without a pause.
        if (known?.auth === "keys") queryClient.setQueryData(sessionKey, { ...known, owner: null });
        else void queryClient.invalidateQueries({ queryKey: sessionKey }, { cancelRefetch: false });
      }),
    [queryClient],
  );
}

export function useSignIn(onError: (error: Error) => void) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: signIn,
    networkMode: "always",
    onSuccess: async (session) => {
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
      const { turn } = queryClient.getQueryData<KnownSession>(sessionKey) ?? UNKNOWN;
      await become(queryClient, { auth: "keys", owner: null, lastOwner: null, turn: turn + 1 });
      forget(queryClient);
      redirect("/"); // the address may be that of a task
    },
  });
}

async function become(queryClient: QueryClient, session: KnownSession): Promise<void> {
  await queryClient.cancelQueries({ queryKey: sessionKey }); // an older answer must not come in later
  queryClient.setQueryData(sessionKey, session);
}

/** The session, and nothing left of what the one before has seen. */
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
