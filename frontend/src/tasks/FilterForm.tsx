import { useId, useState, type SyntheticEvent } from "react";
import type { Filters } from "../api/types";
import { KINDS } from "../kinds/kinds";
import type { TaskFilter } from "../kinds/view";
import { FILTERS, viewOf } from "../kinds/views";
import { Link } from "../shared/Link";
import { refine } from "../shared/navigation";
import { isNarrowed, tasksPath } from "./filters";
import { STATUSES } from "./statuses";

interface Complaint {
  name: string;
  message: string;
}

/** What narrows the list; the address always says the same as these fields. */
export function FilterForm({ filters }: { filters: Filters }) {
  const id = useId();
  const [draft, setDraft] = useState(filters);
  const [shown, setShown] = useState(filters);
  const [complaint, setComplaint] = useState<Complaint | null>(null);
  if (tasksPath(shown) !== tasksPath(filters)) {
    // By a link, or back and forth: the fields follow.
    setShown(filters);
    setDraft(filters);
    setComplaint(null);
  }

  function apply(wanted: Filters) {
    const asked: Filters = { ...wanted, cursor: null };
    let wrong: Complaint | null = null;
    for (const { name, parse } of FILTERS) {
      const parsed = parse(wanted[name] ?? "");
      if (parsed.ok) asked[name] = parsed.value;
      else wrong ??= { name, message: parsed.message };
    }
    setDraft(wanted);
    setComplaint(wrong);
    if (wrong === null) refine(tasksPath(asked));
  }

  function submit(event: SyntheticEvent) {
    event.preventDefault();
    apply(draft);
  }

  const field = (name: TaskFilter["name"], label: string, ofKind?: TaskFilter) => (
    <div key={name}>
      <label htmlFor={`${id}-${name}`}>{label}</label>
      <input
        id={`${id}-${name}`}
        className={ofKind?.isCode ? "code" : undefined}
        type="text"
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        value={draft[name] ?? ""}
        aria-invalid={complaint?.name === name ? true : undefined}
        aria-describedby={ofKind === undefined ? undefined : `${id}-complaint`}
        onChange={(event) => {
          setDraft({ ...draft, [name]: event.target.value });
        }}
      />
    </div>
  );

  const choice = (name: "kind" | "status", label: string, values: readonly [value: string, words: string][]) => (
    <div>
      <label htmlFor={`${id}-${name}`}>{label}</label>
      <select
        id={`${id}-${name}`}
        value={draft[name] ?? ""}
        onChange={(event) => {
          apply({ ...draft, [name]: event.target.value });
        }}
      >
        <option value="">any</option>
        {values.map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </select>
    </div>
  );

  return (
    <form className="filters" aria-label="Which tasks" onSubmit={submit}>
      {choice(
        "kind",
        "Kind",
        KINDS.map((kind) => [kind, viewOf(kind).name]),
      )}
      {choice(
        "status",
        "Status",
        STATUSES.map(({ status, words }) => [status, words]),
      )}
      {field("filename__contains", "Part of the name")}
      {field("batch", "Batch")}
      {FILTERS.map((filter) => field(filter.name, filter.label, filter))}
      <div className="filter-actions">
        <button type="submit">Show</button>
        {isNarrowed(filters) && <Link to={tasksPath({})}>Show all</Link>}
      </div>
      <p id={`${id}-complaint`} className="complaint" aria-live="polite">
        {complaint?.message}
      </p>
    </form>
  );
}
