import type { MouseEvent, ReactNode } from "react";
import { navigate } from "./navigation";

/** To a page of this site. The browser still opens it in another tab or window on request. */
export function Link({ to, isCurrent = false, children }: { to: string; isCurrent?: boolean; children: ReactNode }) {
  function follow(event: MouseEvent) {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigate(to);
  }
  return (
    <a href={to} aria-current={isCurrent ? "page" : undefined} onClick={follow}>
      {children}
    </a>
  );
}
