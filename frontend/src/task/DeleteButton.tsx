import type { Task } from "../api/types";
import { useDeleteResults } from "./useTask";

/** Deletes the bytes before their time is up, and what came of them, when that is confirmed. */
export function DeleteButton({ task }: { task: Task }) {
  const { mutate, isPending, error } = useDeleteResults(task.id);
  const what = whatOf(task);
  return (
    <>
      {error !== null && (
        <p role="alert" className="complaint">
          {begun(what)} could not be deleted. {error.message}
        </p>
      )}
      <button
        type="button"
        className="quiet"
        disabled={isPending}
        onClick={() => {
          if (confirm(questionOf(task))) mutate();
        }}
      >
        {isPending ? "Deleting…" : `Delete ${what}`}
      </button>
    </>
  );
}

function whatOf({ kind, kept }: Task): string {
  if (kind !== "contacts") return "its bytes";
  return kept ? "its bytes and contacts" : "its contacts";
}

function questionOf({ kind, filename }: Task): string {
  if (kind !== "contacts") return `Delete the stored bytes of ${filename}? What became of it stays known; the bytes do not come back.`;
  return `Delete the stored bytes of ${filename}, and with them every contact that it brought and its rejected rows? The counts stay known; the rest does not come back.`;
}

const begun = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);
