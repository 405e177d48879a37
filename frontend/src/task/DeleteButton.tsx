import type { Task } from "../api/types";
import { useDeleteResults } from "./useTask";

/** Deletes the bytes before their time is up, when that is confirmed. */
export function DeleteButton({ task }: { task: Task }) {
  const { mutate, isPending, error } = useDeleteResults(task.id);
  return (
    <>
      {error !== null && (
        <p role="alert" className="complaint">
          Its bytes could not be deleted. {error.message}
        </p>
      )}
      <button
        type="button"
        className="quiet"
        disabled={isPending}
        onClick={() => {
          if (confirm(`Delete the stored bytes of ${task.filename}? What became of it stays known; the bytes do not come back.`)) mutate();
        }}
      >
        {isPending ? "Deleting…" : "Delete its bytes"}
      </button>
    </>
  );
}
