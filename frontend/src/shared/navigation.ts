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

/** For the keyboard, when the element that had the focus is about to go. */
export function focusMain(): void {
  document.querySelector<HTMLElement>("main")?.focus({ preventScroll: true });
}

/** Change the address of the page that is shown, without scrolling or moving the focus. */
export function refine(path: string): void {
  history.pushState(null, "", path);
  changed();
}

/** Change the address without adding the present one to the history. */
export function redirect(path: string): void {
  history.replaceState(null, "", path);
  changed();
}

export const usePath = (): string => useSyncExternalStore(subscribe, () => location.pathname);

export const useSearch = (): string => useSyncExternalStore(subscribe, () => location.search);
