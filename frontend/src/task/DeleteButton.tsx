import type { Task } from "../api/types";
import { viewOf } from "../kinds/views";
import { capitalized } from "../shared/format";
import { useDeleteResults } from "./useTask";

/** Deletes the bytes before their time is up, and what came of them, when that is confirmed. */
export function DeleteButton({ task }: { task: Task }) {
  const { mutate, isPending, error } = useDeleteResults(task.id);
  const { what, question } = viewOf(task.kind).deletion(task);
  return (
    <>
      {error !== null && (
        <p role="alert" className="complaint">
          {capitalized(what)} could not be deleted. {error.message}
        </p>
      )}
      <button
        type="button"
        className="quiet"
        disabled={isPending}
        onClick={() => {
          if (confirm(question)) mutate();
        }}
      >
        {isPending ? "Deleting…" : `Delete ${what}`}
      </button>
    </>
  );
}
