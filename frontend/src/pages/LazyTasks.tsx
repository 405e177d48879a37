import { useEffect, useState, type ComponentType } from "react";

/**
 * The page of all tasks, loaded when it is first wanted: with its chart it would make the first page a quarter larger. Not
 * with `lazy` and Suspense, which show what has arrived only 300 ms after they have shown that something is awaited.
 */
export function LazyTasks() {
  const [Page, setPage] = useState<ComponentType | null>(null);
  const [hasFailed, setHasFailed] = useState(false);

  useEffect(() => {
    import("./Tasks").then(
      ({ Tasks }) => {
        setPage(() => Tasks);
      },
      () => {
        setHasFailed(true);
      },
    );
  }, []);

  if (Page !== null) return <Page />;
  if (!hasFailed) return <p className="muted">Loading…</p>;
  return (
    <div className="card" role="alert">
      <p className="status bad">This page could not be loaded.</p>
      <p className="help">
        The service cannot be reached, or it was updated since this page was opened. Load it again; uploads that are under way would end with it.
      </p>
    </div>
  );
}
