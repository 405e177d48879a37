import { taskPath } from "../lookup/taskId";
import { navigate } from "../shared/navigation";
import { useRetry } from "./useTask";

/** Leads to the new task. */
export function RetryButton({ id }: { id: string }) {
  const { retry, isPending, error } = useRetry(id, (task) => {
    navigate(taskPath(task.id));
  });
  return (
    <>
      {error !== null && (
        <p role="alert" className="complaint">
          The task could not be retried. {error.message}
        </p>
      )}
      <button
        type="button"
        disabled={isPending}
        onClick={retry}
      >
        Retry
      </button>
    </>
  );
}
