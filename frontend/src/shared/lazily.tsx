import { useEffect, useState, type ComponentType } from "react";

/**
 * A page that is loaded when it is first wanted: that of all tasks, with its chart, would make the first page a quarter larger.
 * Not with `lazy` and Suspense, which show what has arrived only 300 ms after they have shown that something is awaited.
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
        The service cannot be reached, or it was updated since this page was opened. Load it again; uploads that are under way would end with it.
      </p>
    </div>
  );
}
