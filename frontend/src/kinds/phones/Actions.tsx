import { useId } from "react";
import type { Task } from "../../api/types";
import { CopyButton } from "../../shared/CopyButton";
import { CancelButton } from "../../task/CancelButton";
import { DeleteButton } from "../../task/DeleteButton";
import { mayDelete } from "../../task/deletion";
import { mayCancel } from "../../task/state";
import { phonesCsvUrl, type PhoneFilters } from "./address";
import type { Phone } from "./types";

/** What can be done with the numbers; the CSV exists once the task has an outcome. */
export function Actions({ task, phones, filters, isComplete }: { task: Task; phones: readonly Phone[]; filters: PhoneFilters; isComplete: boolean }) {
  const id = useId();
  const isFiltered = filters.number !== null || filters.region !== null;
  return (
    <div className="actions">
      {phones.length > 0 && <CopyButton text={phones.map(dialled).join("\n")} of="numbers shown" label="Copy all shown" />}
      {phones.length > 0 && isComplete && (
        <a className="button quiet" href={phonesCsvUrl(task.id, filters)} download>
          {isFiltered ? "Download matches as CSV" : "Download CSV"}
        </a>
      )}
      {!isComplete && (
        <>
          <button type="button" aria-disabled aria-describedby={id}>
            Download CSV
          </button>
          <span id={id} className="help">
            when the search is finished
          </span>
        </>
      )}
      {mayCancel(task) && <CancelButton task={task} />}
      {mayDelete(task) && <DeleteButton task={task} />}
    </div>
  );
}

/** A number as it is copied: with its extension, as RFC 3966 writes it. */
export const dialled = ({ number, extension }: Phone): string => (extension === null ? number : `${number};ext=${extension}`);
