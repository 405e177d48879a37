import type { Task } from "../../api/types";
import { count, formatNumber } from "../../shared/format";
import { Link } from "../../shared/Link";
import { contactsPath, rejectsUrl } from "./address";
import { hasLoadedRows, loadResultOf, readingInWords } from "./result";

/** The counts of a file’s rows, how it was read, and links to its contacts and its rejected rows. */
export function ContactsResult({ task }: { task: Task }) {
  const result = loadResultOf(task);
  if (result === null) return <LoadedBefore task={task} />;
  const unchecked = result.unchecked ?? 0;
  const isThere = task.results_deleted_at === null;
  const figures = [
    ["Rows", result.rows],
    ["New contacts", result.inserted],
    ["Duplicate", result.duplicate],
    ["Invalid", result.invalid],
  ] as const;
  return (
    <>
      <dl className="figures" data-testid="counts">
        {figures.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd className="digits">{formatNumber(value)}</dd>
          </div>
        ))}
      </dl>
      <p className="help" data-testid="reading">
        {readingInWords(result).join(" · ")}
      </p>
      {unchecked > 0 && (
        <p className="help" data-testid="unchecked">
          The domains of {count(unchecked, "row")} could not be checked in time. These rows were imported.
        </p>
      )}
      {!isThere && <p className="help">Its contacts and rejected rows were deleted on request.</p>}
      {isThere && result.invalid > 0 && (
        <p>
          <a href={rejectsUrl(task.id)} download>
            Download the {count(result.invalid, "rejected row")}
          </a>
          <span className="help block">A CSV file with the reason for each row. Correct it and upload it again.</span>
        </p>
      )}
      {isThere && result.inserted > 0 && (
        <p>
          <Link to={contactsPath({ task: task.id })}>Contacts of this file</Link>
        </p>
      )}
    </>
  );
}

/** For a file that was only partly loaded. */
function LoadedBefore({ task }: { task: Task }) {
  const { id, outcome, results_deleted_at } = task;
  if (outcome === null || outcome === "done" || !hasLoadedRows(task) || results_deleted_at !== null) return null;
  return (
    <p>
      <span className="help block">The rows that had been loaded by then are kept.</span>
      <Link to={contactsPath({ task: id })}>Contacts of this file</Link>
    </p>
  );
}
