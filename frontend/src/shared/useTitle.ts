import { useEffect } from "react";

const SITE = "MD5 service";

/** What the window, its history and a screen reader call the page that is shown; null: the site itself. */
export function useTitle(page: string | null): void {
  useEffect(() => {
    document.title = page === null ? SITE : `${page} · ${SITE}`;
  }, [page]);
}
