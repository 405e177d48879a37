import { useEffect, useState, type ComponentType } from "react";

/**
 * A page that is loaded on demand: the list of all tasks, with its chart, would make the first page a quarter larger.
 * React's `lazy` and Suspense are not used, because they show the page only 300 ms after they have shown the fallback.
 */
export function lazily(load: () => Promise<ComponentType>): ComponentType {
  return function Lazy() {
    const [Page, setPage] = useState<ComponentType | null>(null);
    const [hasFailed, setHasFailed] = useState(false);

    useEffect(() => {
      load().then(
        (loaded) => {
          setPage(() => loaded);
        },
        () => {
          setHasFailed(true);
        },
      );
    }, []);

    if (Page !== null) return <Page />;
    return hasFailed ? <NotLoaded /> : <p className="muted">Loading…</p>;
  };
}

function NotLoaded() {
  return (
    <div className="card" role="alert">
      <p className="status bad">This page could not be loaded.</p>
      <p className="help">
        The service cannot be reached, or it was updated after you opened this page. Reload the page; this interrupts uploads in progress.
      </p>
    </div>
  );
}
