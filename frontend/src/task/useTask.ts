import { queryOptions, useMutation, useQueries, useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { Refused } from "../api/errors";
import { taskEvents } from "../api/events";
import { retrying, troubleOf, type Trouble } from "../api/retrying";
import { cancelTask, deleteResults, fetchTask, retryTask } from "../api/tasks";
import type { Task } from "../api/types";
import { focusMain } from "../shared/navigation";
import { notePace, paceKey, remember, taskKey } from "./known";
import { isEnded, isInWork } from "./state";

const ASK_MS = 500; // while changes are not pushed
const ASK_EACH_MS = 50; // for each of many tasks, so that there are at most 20 requests per second
const ASK_ALL_THE_SAME_MS = 15_000; // even if changes are pushed: a proxy may hold events back

export interface WatchedTask extends Trouble {
  task: Task | undefined;
}

/** A task, followed until it has finished. Recovers automatically after an outage of the service. */
export function useTask(id: string): WatchedTask {
  const queryClient = useQueryClient();
  const query = useQuery({
    ...asking(queryClient, id),
    refetchInterval: ({ state: { data, status } }) => {
      if (status === "error" || (data !== undefined && isEnded(data))) return false;
      return taskEvents.isLive(id) ? ASK_ALL_THE_SAME_MS : Math.max(ASK_MS, taskEvents.uncovered * ASK_EACH_MS);
    },
    refetchOnMount: false, // the data has just arrived, with an upload or a list
    staleTime: ({ state: { data } }) => (data !== undefined && isEnded(data) ? Infinity : 0),
  });
  useEvents(id, query.data !== undefined && !isEnded(query.data));
  return { task: query.data, ...troubleOf(query) };
}

/** What is known about several tasks, which other components follow. */
export function useKnownTasks(ids: readonly string[]): Task[] {
  const queryClient = useQueryClient();
  return useQueries({ queries: ids.map((id) => ({ ...asking(queryClient, id), enabled: false })), combine: dataOfAll });
}

const dataOfAll = (results: { data: Task | undefined }[]): Task[] => results.flatMap(({ data }) => data ?? []);

const asking = (queryClient: QueryClient, id: string) =>
  queryOptions({
    ...retrying,
    queryKey: taskKey(id),
    queryFn: async ({ signal }) => {
      const task = await fetchTask(id, signal);
      notePace(queryClient, task);
      return task;
    },
  });

/** Have the service push changes of the task as long as there may be any. */
function useEvents(id: string, mayChange: boolean): void {
  const queryClient = useQueryClient();
  useEffect(() => {
    if (!mayChange) return;
    return taskEvents.watch(id, {
      onChange: (task) => {
        remember(queryClient, task);
      },
      onLost: () => {
        void queryClient.invalidateQueries({ queryKey: taskKey(id) });
      },
    });
  }, [id, mayChange, queryClient]);
}

/** The estimated seconds until the work on a task is done, at the current speed; null if that is unknown. */
export function useSecondsLeft(task: Task): number | null {
  const { id, progress } = task;
  const { data: pace } = useQuery<number | null>({ queryKey: paceKey(id), queryFn: () => null, enabled: false });
  if (!isInWork(task) || pace === undefined || pace === null || pace <= 0) return null;
  return (progress.total - progress.done) / pace;
}

export function useCancel(id: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: () => cancelTask(id),
    networkMode: "always",
    onSuccess: async (task) => {
      await queryClient.cancelQueries({ queryKey: taskKey(id) }); // an older answer must not arrive later
      remember(queryClient, task);
      focusMain(); // the button is about to disappear
    },
    onError: async (error) => {
      // 409: it has just finished, so there is nothing left to cancel; only show how it ended.
      if (error instanceof Refused && error.status === 409) await queryClient.invalidateQueries({ queryKey: taskKey(id) });
    },
  });
}

/** The task stays, and shows that its results were deleted. */
export function useDeleteResults(id: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: () => deleteResults(id),
    networkMode: "always",
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: taskKey(id) });
      focusMain(); // the button has disappeared
    },
  });
}

/** A new task for the same bytes. */
export function useRetry(id: string, onTaken: (task: Task) => void) {
  const queryClient = useQueryClient();
  const mutationKey = ["retry", id];
  const { mutate, isPending, error } = useMutation({
    mutationKey,
    mutationFn: () => retryTask(id),
    networkMode: "always",
    onSuccess: (task) => {
      remember(queryClient, task);
      onTaken(task);
    },
  });
  const retry = () => {
    if (queryClient.isMutating({ mutationKey }) === 0) mutate(); // ignores a second click before the button is rendered again
  };
  return { retry, isPending, error };
}
