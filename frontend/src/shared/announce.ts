// One live region for the whole page: screen readers miss a region that is inserted together with its text.
let text = "";
const listeners = new Set<() => void>();

/** Make a screen reader read this when it is idle. */
export function announce(message: string): void {
  text = message === text ? `${message}\u00a0` : message; // the same text again would be no change, and would not be read
  for (const listener of listeners) listener();
}

export function subscribeToAnnouncements(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const currentAnnouncement = (): string => text;
