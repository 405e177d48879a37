import type { Task } from "../api/types";
import { viewOf } from "../kinds/views";
import { shownName } from "../shared/format";
import { useDeleteResults } from "./useTask";

/** Deletes the stored file before it expires, with everything derived from it, after a confirmation. */
export function DeleteButton({ task }: { task: Task }) {
  const { mutate, isPending, error } = useDeleteResults(task.id);
  const { action, loses, stays } = viewOf(task.kind).deletion(task);
  return (
    <>
      {error !== null && (
        <p role="alert" className="complaint">
          Nothing was deleted. {error.message}
        </p>
      )}
      <button
        type="button"
        className="quiet danger"
        disabled={isPending}
        onClick={() => {
          if (confirm(`${action}? (${shownName(task.filename)})\n\n${loses}\n\n${stays}`)) mutate();
        }}
      >
        {isPending ? "Deleting…" : action}
      </button>
    </>
  );
}
