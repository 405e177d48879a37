const listeners = new Set<() => void>();

/** Have `listener` called whenever the service answers that it does not know who asks (401). */
export function onUnauthorized(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** For whatever asks the service: it has just answered so. */
export function tellUnauthorized(): void {
  for (const listener of listeners) listener();
}
