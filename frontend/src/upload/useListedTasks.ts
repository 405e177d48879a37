import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useSyncExternalStore } from "react";
import type { Task } from "../api/types";
import { calmly } from "../shared/calmly";
import { taskKey } from "../task/known";

export const MANY = 50; // files

/** What is known about these tasks, by id; each is followed by its own row, or has not been loaded yet. */
export function useListedTasks(ids: readonly string[]): ReadonlyMap<string, Task> {
  const queryClient = useQueryClient();
  const isMany = ids.length > MANY;
  const subscribe = useCallback(
    (listener: () => void) => {
      const calm = calmly(listener, () => isMany);
      const unsubscribe = queryClient.getQueryCache().subscribe(({ type, query }) => {
        const [about] = query.queryKey as readonly unknown[];
        if (type === "updated" && about === taskKey("")[0]) calm.call(); // other events arrive while a row is being rendered
      });
      return () => {
        unsubscribe();
        calm.cancel();
      };
    },
    [queryClient, isMany],
  );
  useSyncExternalStore(subscribe, () => ids.reduce((sum, id) => sum + (queryClient.getQueryState(taskKey(id))?.dataUpdateCount ?? 0), 0));
  return new Map(
    ids.flatMap((id) => {
      const task = queryClient.getQueryData<Task>(taskKey(id));
      return task === undefined ? [] : [[id, task]];
    }),
  );
}
