import { useId, useState, type SyntheticEvent } from "react";
import type { Filters } from "../api/types";
import { KINDS } from "../kinds/kinds";
import type { TaskFilter } from "../kinds/view";
import { FILTERS, viewOf } from "../kinds/views";
import { refine } from "../shared/navigation";
import { beginningOf, dayFrom, dayUntil, endOf, isWholeDay } from "./days";
import { isNarrowed, tasksPath } from "./filters";
import { STATUSES } from "./statuses";

const VERDICTS: readonly [value: string, words: string][] = [
  ["match", "match"],
  ["mismatch", "does not match"],
  ["none", "none"],
];

interface Complaint {
  name: string;
  message: string;
}

/** The filters of the list; the URL always agrees with these fields. */
export function FilterForm({ filters }: { filters: Filters }) {
  const id = useId();
  const [draft, setDraft] = useState(filters);
  const [shown, setShown] = useState(filters);
  const [complaint, setComplaint] = useState<Complaint | null>(null);
  const [isOpen, setOpen] = useState(isNarrowed({ ...filters, filename__contains: null })); // for phones
  if (tasksPath(shown) !== tasksPath(filters)) {
    // The fields follow links, Back and Forward.
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
    <div key={name} className={`filter-${ofKind === undefined ? name : "of-kind"}`}>
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

  // The URL may have a value that is not offered here, such as a status that lasts for a moment: it is shown too.
  const choice = (name: "kind" | "status" | "verdict", label: string, values: readonly [value: string, words: string][]) => (
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
        {draft[name] && !values.some(([value]) => value === draft[name]) && <option value={draft[name]}>{draft[name]}</option>}
      </select>
    </div>
  );

  const day = (name: "created_after" | "created_before", label: string) => {
    const [shownAs, meant] = name === "created_after" ? [dayFrom, beginningOf] : [dayUntil, endOf];
    return (
      <div>
        <label htmlFor={`${id}-${name}`}>{label}</label>
        <input
          id={`${id}-${name}`}
          type="date"
          value={shownAs(draft[name])}
          onChange={({ target: { value } }) => {
            const wanted = { ...draft, [name]: meant(value) };
            if (isWholeDay(value)) apply(wanted);
            else setDraft(wanted);
          }}
        />
      </div>
    );
  };

  return (
    <form className={`filters${isOpen ? " filters-open" : ""}`} aria-label="Filters" onSubmit={submit}>
      {field("filename__contains", "File name")}
      <button
        type="button"
        className="quiet more-filters"
        aria-expanded={isOpen}
        onClick={() => {
          setOpen(!isOpen);
        }}
      >
        {isOpen ? "Fewer filters" : "More filters"}
      </button>
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
      {field("batch", "Batch")}
      {FILTERS.map((filter) => field(filter.name, filter.label, filter))}
      {day("created_after", "From")}
      {day("created_before", "To")}
      {choice("verdict", "Verdict", VERDICTS)}
      <button type="submit">Apply</button>
      <p id={`${id}-complaint`} className="complaint" aria-live="polite">
        {complaint?.message}
      </p>
    </form>
  );
}
