import type { MouseEvent, ReactNode } from "react";
import { navigate } from "./navigation";

/** To a page of this site. Where somebody asks for another tab or window, the browser does as ever. */
export function Link({ to, children }: { to: string; children: ReactNode }) {
  function follow(event: MouseEvent) {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigate(to);
  }
  return (
    <a href={to} onClick={follow}>
      {children}
    </a>
  );
}
