import "../styles/tasks.css";
import { useState } from "react";
import type { Filters } from "../api/types";
import { Link } from "../shared/Link";
import { useSearch } from "../shared/navigation";
import { useTitle } from "../shared/useTitle";
import { ServiceAwayNote } from "../task/ServiceAwayNote";
import { FilterForm } from "../tasks/FilterForm";
import { filtersIn, isNarrowed, tasksPath } from "../tasks/filters";
import { Overview } from "../tasks/Overview";
import { SelectedBar } from "../tasks/SelectedBar";
import { TaskTable } from "../tasks/TaskTable";
import { useTaskList } from "../tasks/useTaskList";

/** All that was handed over, by whomever: how it goes, and what became of each. */
export function Tasks() {
  const filters = filtersIn(useSearch());
  useTitle("All tasks");
  return (
    <>
      <section aria-labelledby="now-title" className="overview">
        <h2 id="now-title">All tasks</h2>
        <Overview />
      </section>
      <section aria-labelledby="list-title">
        <h2 id="list-title" className="visually-hidden">
          List
        </h2>
        <FilterForm filters={filters} />
        <List filters={filters} />
      </section>
    </>
  );
}

const NONE: ReadonlySet<string> = new Set();

function List({ filters }: { filters: Filters }) {
  const address = tasksPath(filters);
  const [pickedAt, setPickedAt] = useState(address);
  const [picked, setPicked] = useState(NONE);
  if (pickedAt !== address) {
    setPickedAt(address);
    setPicked(NONE);
  }
  const { page, refused, away } = useTaskList(filters, picked.size > 0);
  const tasks = page?.items ?? [];

  function pick(ids: string[], isPicked: boolean) {
    const others = [...picked].filter((id) => !ids.includes(id));
    setPicked(new Set(isPicked ? [...others, ...ids] : others));
  }

  return (
    <>
      <SelectedBar
        ids={tasks.map(({ id }) => id).filter((id) => picked.has(id))}
        onClear={() => {
          setPicked(NONE);
        }}
      />
      {refused !== null && <p className="status bad">{refused.message}</p>}
      {away !== null && <ServiceAwayNote away={away} />}
      {page === undefined && refused === null && away === null && <p className="muted">Looking…</p>}
      {tasks.length > 0 && <TaskTable tasks={tasks} picked={picked} onPick={pick} />}
      {page !== undefined && tasks.length === 0 && refused === null && <Nothing filters={filters} />}
      <Pager filters={filters} next={page?.next ?? null} />
    </>
  );
}

function Nothing({ filters }: { filters: Filters }) {
  if (isNarrowed(filters)) {
    return (
      <p>
        No task is like that. <Link to={tasksPath({})}>Show all</Link>
      </p>
    );
  }
  return (
    <p>
      Nothing has been handed over yet. <Link to="/">Hand over files</Link>
    </p>
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
