import { useId, useState, type SyntheticEvent } from "react";
import type { Filters } from "../api/types";
import { KINDS } from "../kinds/kinds";
import { Link } from "../shared/Link";
import { refine } from "../shared/navigation";
import { parseDigest } from "../kinds/md5/digest";
import { isNarrowed, tasksPath } from "./filters";
import { STATUSES } from "./statuses";

/** What narrows the list; the address always says the same as these fields. */
export function FilterForm({ filters }: { filters: Filters }) {
  const id = useId();
  const [draft, setDraft] = useState(filters);
  const [shown, setShown] = useState(filters);
  const [complaint, setComplaint] = useState<string | null>(null);
  if (tasksPath(shown) !== tasksPath(filters)) {
    // By a link, or back and forth: the fields follow.
    setShown(filters);
    setDraft(filters);
    setComplaint(null);
  }

  function apply(wanted: Filters) {
    const digest = parseDigest(wanted.md5 ?? "");
    setDraft(wanted);
    setComplaint(digest.ok ? null : digest.message);
    if (digest.ok) refine(tasksPath({ ...wanted, md5: digest.digest, cursor: null }));
  }

  function submit(event: SyntheticEvent) {
    event.preventDefault();
    apply(draft);
  }

  const field = (name: "filename__contains" | "batch" | "md5", label: string) => (
    <div>
      <label htmlFor={`${id}-${name}`}>{label}</label>
      <input
        id={`${id}-${name}`}
        className={name === "md5" ? "code" : undefined}
        type="text"
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        value={draft[name] ?? ""}
        aria-invalid={name === "md5" && complaint !== null ? true : undefined}
        aria-describedby={name === "md5" ? `${id}-complaint` : undefined}
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
        KINDS.map(({ kind, name }) => [kind, name]),
      )}
      {choice(
        "status",
        "Status",
        STATUSES.map(({ status, words }) => [status, words]),
      )}
      {field("filename__contains", "Part of the name")}
      {field("batch", "Batch")}
      {field("md5", "MD5")}
      <div className="filter-actions">
        <button type="submit">Show</button>
        {isNarrowed(filters) && <Link to={tasksPath({})}>Show all</Link>}
      </div>
      <p id={`${id}-complaint`} className="complaint" aria-live="polite">
        {complaint}
      </p>
    </form>
  );
}
