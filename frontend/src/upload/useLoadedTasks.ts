import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useEffectEvent } from "react";
import { Refused } from "../api/errors";
import { retrying } from "../api/retrying";
import { fetchTask } from "../api/tasks";
import { taskKey } from "../task/known";

const AT_ONCE = 4; // a browser has six connections, and uploads need some

/** Fetch these tasks, of which only the ids are known; `onGone` is called for each that the service no longer has. */
export function useLoadedTasks(ids: readonly string[], onGone: (id: string) => void): void {
  const queryClient = useQueryClient();
  const gone = useEffectEvent(onGone);
  const all = ids.join();
  useEffect(() => {
    const left = all === "" ? [] : all.split(",");
    let isOver = false;

    async function load(id: string) {
      try {
        const queryFn = ({ signal }: { signal: AbortSignal }) => fetchTask(id, signal);
        await queryClient.query({ ...retrying, queryKey: taskKey(id), queryFn });
      } catch (error) {
        if (!isOver && error instanceof Refused && error.status !== 401) gone(id);
      }
    }
    async function loadNext() {
      for (let id = left.shift(); id !== undefined && !isOver; id = left.shift()) await load(id);
    }
    for (let index = 0; index < AT_ONCE; index += 1) void loadNext();
    return () => {
      isOver = true;
    };
  }, [all, queryClient]);
}
