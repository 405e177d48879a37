import { useEffect } from "react";

export const SITE = "File Intake";

/** The title of the page that is shown, for the window, the history and screen readers; null: the first page. */
export function useTitle(page: string | null): void {
  useEffect(() => {
    document.title = page === null ? SITE : `${page} · ${SITE}`;
  }, [page]);
}
