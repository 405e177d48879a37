import "../styles/tasks.css";
import { useState } from "react";
import type { Filters } from "../api/types";
import { Link } from "../shared/Link";
import { useSearch } from "../shared/navigation";
import { useTitle } from "../shared/useTitle";
import { ServiceAwayNote } from "../task/ServiceAwayNote";
import { FilterForm } from "../tasks/FilterForm";
import { exportUrl, filtersIn, isNarrowed, tasksPath } from "../tasks/filters";
import { Overview } from "../tasks/Overview";
import { SelectedBar } from "../tasks/SelectedBar";
import { TaskTable } from "../tasks/TaskTable";
import { useTaskList } from "../tasks/useTaskList";

const NONE: ReadonlySet<string> = new Set();

/** All tasks of the signed-in owner: their progress, and what became of each. */
export function Tasks() {
  const filters = filtersIn(useSearch());
  const address = tasksPath(filters);
  const [pickedAt, setPickedAt] = useState(address);
  const [picked, setPicked] = useState(NONE);
  if (pickedAt !== address) {
    setPickedAt(address);
    setPicked(NONE);
  }
  const { page, refused, away } = useTaskList(filters, picked.size > 0);
  useTitle("All tasks");
  const tasks = page?.items ?? [];
  const isEmpty = page !== undefined && tasks.length === 0 && refused === null;

  function pick(ids: string[], isPicked: boolean) {
    const others = [...picked].filter((id) => !ids.includes(id));
    setPicked(new Set(isPicked ? [...others, ...ids] : others));
  }

  if (isEmpty && address === tasksPath({})) return <NothingYet />;
  return (
    <>
      <section aria-labelledby="now-title" className="overview">
        <h2 id="now-title">All tasks</h2>
        <Overview />
      </section>
      <section aria-labelledby="list-title" className="task-list">
        <h2 id="list-title" className="visually-hidden">
          List
        </h2>
        <FilterForm filters={filters} />
        <div className="list-bar">
          <SelectedBar
            ids={tasks.map(({ id }) => id).filter((id) => picked.has(id))}
            onClear={() => {
              setPicked(NONE);
            }}
          />
          {isNarrowed(filters) && <Link to={tasksPath({})}>Clear filters</Link>}
          {tasks.length > 0 && (
            <a href={exportUrl(filters)} download>
              Export CSV
            </a>
          )}
        </div>
        {refused !== null && <p className="status bad">{refused.message}</p>}
        {away !== null && <ServiceAwayNote away={away} />}
        {page === undefined && refused === null && away === null && <p className="muted">Loading…</p>}
        {tasks.length > 0 && <TaskTable tasks={tasks} picked={picked} onPick={pick} />}
        {isEmpty && <p>{isNarrowed(filters) ? "No tasks match." : "There are no older tasks."}</p>}
        <Pager filters={filters} next={page?.next ?? null} />
      </section>
    </>
  );
}

function NothingYet() {
  return (
    <section aria-labelledby="now-title">
      <h2 id="now-title">All tasks</h2>
      <p>
        No files have been uploaded yet. <Link to="/">Upload a file</Link>: it appears here at once, with its progress and then its result.
      </p>
    </section>
  );
}

function Pager({ filters, next }: { filters: Filters; next: string | null }) {
  if (next === null && !filters.cursor) return null;
  return (
    <nav className="pager" aria-label="Pages of the list">
      {filters.cursor && <Link to={tasksPath({ ...filters, cursor: null })}>Newest</Link>}
      {next !== null && <Link to={tasksPath({ ...filters, cursor: next })}>Older</Link>}
    </nav>
  );
}
