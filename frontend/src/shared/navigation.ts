import { useSyncExternalStore } from "react";

const listeners = new Set<() => void>();

function changed(): void {
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener("popstate", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("popstate", listener);
  };
}

/** Go to another page of this site without loading it: uploads go on. */
export function navigate(path: string): void {
  refine(path);
  window.scrollTo(0, 0);
  focusMain();
}

/** Where the keyboard goes on when what had the focus is no longer there. */
export function focusMain(): void {
  document.querySelector<HTMLElement>("main")?.focus({ preventScroll: true });
}

/** Go to another address of the page that is shown: nothing is scrolled, and the focus stays. */
export function refine(path: string): void {
  history.pushState(null, "", path);
  changed();
}

/** Like `navigate`, but the address that we come from is not one to go back to. */
export function redirect(path: string): void {
  history.replaceState(null, "", path);
  changed();
}

export const usePath = (): string => useSyncExternalStore(subscribe, () => location.pathname);

export const useSearch = (): string => useSyncExternalStore(subscribe, () => location.search);
