import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { Refused, ServiceAway } from "../api/errors";
import { taskEvents } from "../api/events";
import { cancelTask, fetchTask } from "../api/tasks";
import type { Task } from "../api/types";

const ASK_MS = 500; // as long as changes do not come by themselves
const ASK_ALL_THE_SAME_MS = 15_000; // something between here and the service may hold events back
const LONGEST_BACK_OFF_MS = 10_000;

export const taskKey = (id: string) => ["task", id] as const;

export const isEnded = ({ status }: Task): boolean =>
  status === "done" || status === "failed" || status === "cancelled" || status === "expired";

export interface WatchedTask {
  task: Task | undefined;
  /** Why it is not known; the service has said so itself, and asking again would not help. */
  refused: Refused | null;
  /** The service does not answer now, and is being asked again; its own words, where it had any. */
  away: ServiceAway | null;
}

/** A task, followed until it has ended. Comes back by itself when the service was away. */
export function useTask(id: string): WatchedTask {
  const query = useQuery({
    queryKey: taskKey(id),
    queryFn: ({ signal }) => fetchTask(id, signal),
    networkMode: "always", // `navigator.onLine` knows nothing of a service on this host or in this network
    retry: (_, error) => error instanceof ServiceAway,
    retryDelay: (failures) => Math.min(500 * 2 ** failures, LONGEST_BACK_OFF_MS),
    refetchInterval: ({ state: { data, status } }) => {
      if (status === "error" || (data !== undefined && isEnded(data))) return false;
      return taskEvents.isLive(id) ? ASK_ALL_THE_SAME_MS : ASK_MS;
    },
    staleTime: ({ state: { data } }) => (data !== undefined && isEnded(data) ? Infinity : 0),
  });
  useEvents(id, query.data !== undefined && !isEnded(query.data));
  const trouble = query.error ?? query.failureReason;
  return {
    task: query.data,
    refused: trouble instanceof Refused ? trouble : null,
    away: trouble instanceof ServiceAway ? trouble : null,
  };
}

/** Have changes of the task come by themselves as long as there may be any. */
function useEvents(id: string, mayChange: boolean): void {
  const queryClient = useQueryClient();
  useEffect(() => {
    if (!mayChange) return;
    return taskEvents.watch(id, {
      onChange: (task) => {
        queryClient.setQueryData(taskKey(id), task);
      },
      onLost: () => {
        void queryClient.invalidateQueries({ queryKey: taskKey(id) });
      },
    });
  }, [id, mayChange, queryClient]);
}

export function useCancel(id: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: () => cancelTask(id),
    networkMode: "always",
    onSuccess: async (task) => {
      await queryClient.cancelQueries({ queryKey: taskKey(id) }); // an older answer must not come in later
      queryClient.setQueryData(taskKey(id), task);
    },
    onError: async (error) => {
      // 409: it ended a moment ago, which is what was wanted; only show how.
      if (error instanceof Refused && error.status === 409) await queryClient.invalidateQueries({ queryKey: taskKey(id) });
    },
  });
}
