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

/** Go to another page of this site without a page load, so that uploads continue. */
export function navigate(path: string): void {
  refine(path);
  window.scrollTo(0, 0);
  focusMain();
}

/** For keyboard users, when the element that has the focus is about to disappear. */
export function focusMain(): void {
  document.querySelector<HTMLElement>("main")?.focus({ preventScroll: true });
}

/** Change the URL of the current page, without scrolling or moving the focus. */
export function refine(path: string): void {
  history.pushState(null, "", path);
  changed();
}

/** Change the URL without adding the current one to the history. */
export function redirect(path: string): void {
  history.replaceState(null, "", path);
  changed();
}

export const usePath = (): string => useSyncExternalStore(subscribe, () => location.pathname);

export const useSearch = (): string => useSyncExternalStore(subscribe, () => location.search);
