import { Refused, ServiceAway } from "../api/errors";
import type { Task } from "../api/types";
import { shownName } from "../shared/format";
import { useCancel } from "./useTask";

export function CancelButton({ task }: { task: Task }) {
  const { mutate, isPending, error } = useCancel(task.id);
  return (
    <>
      {error !== null && (
        <p role="alert" className="complaint">
          {whyNotCancelled(error)}
        </p>
      )}
      <button
        type="button"
        className="quiet"
        disabled={isPending}
        onClick={() => {
          mutate();
        }}
      >
        {isPending ? "Cancelling…" : "Cancel"}
        <span className="visually-hidden"> {shownName(task.filename)}</span>
      </button>
    </>
  );
}

function whyNotCancelled(error: Error): string | null {
  if (error instanceof Refused && error.status === 409) return null; // it has finished, which is about to be shown
  if (error instanceof ServiceAway) return `The task could not be cancelled: the service cannot be reached. ${error.message}`;
  return `The task could not be cancelled. ${error.message}`;
}
