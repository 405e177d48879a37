import { useMutation, useQueryClient } from "@tanstack/react-query";
import { retryTask } from "../api/tasks";
import { taskPath } from "../lookup/taskId";
import { navigate } from "../shared/navigation";
import { taskKey } from "./useTask";

/** Leads to the new task. */
export function RetryButton({ id }: { id: string }) {
  const queryClient = useQueryClient();
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => retryTask(id),
    networkMode: "always",
    onSuccess: (task) => {
      queryClient.setQueryData(taskKey(task.id), task);
      navigate(taskPath(task.id));
    },
  });
  return (
    <>
      {error !== null && (
        <p role="alert" className="complaint">
          It could not be tried again. {error.message}
        </p>
      )}
      <button
        type="button"
        disabled={isPending}
        onClick={() => {
          mutate();
        }}
      >
        Try again
      </button>
    </>
  );
}
