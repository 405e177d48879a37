const listeners = new Set<() => void>();

/** Call `listener` whenever the service answers 401. */
export function onUnauthorized(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Call this after each answer 401. */
export function tellUnauthorized(): void {
  for (const listener of listeners) listener();
}
