const PREFIX = "file-intake:";
let generation = 0;

export interface OwnedStore {
  read: () => unknown;
  /** null: nothing is stored from now on. */
  write: (value: unknown) => void;
}

/** What this tab stores for its owner until it is closed. Data of other owners is deleted. */
export function ownedStore(owner: string): OwnedStore {
  const key = PREFIX + owner;
  const since = generation;
  removeAllBut(key);
  return {
    read: () => quietly(() => JSON.parse(sessionStorage.getItem(key) ?? "null") as unknown) ?? null,
    write: (value) => {
      if (since !== generation) return; // the owner has signed out
      quietly(() => {
        if (value === null) sessionStorage.removeItem(key);
        else sessionStorage.setItem(key, JSON.stringify(value));
      });
    },
  };
}

/** Called at sign-out. Later writes to an earlier store are ignored. */
export function forgetOwned(): void {
  generation += 1;
  removeAllBut(null);
}

function removeAllBut(kept: string | null): void {
  quietly(() => {
    for (const key of Object.keys(sessionStorage)) if (key.startsWith(PREFIX) && key !== kept) sessionStorage.removeItem(key);
  });
}

/** Browsers can refuse storage, and limit its size; the page then works without it. */
function quietly<Value>(act: () => Value): Value | null {
  try {
    return act();
  } catch {
    return null;
  }
}
