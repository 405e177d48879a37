import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { patient, troubleOf, type Trouble } from "../api/patience";
import { fetchStats, fetchTasks } from "../api/tasks";
import type { Filters, Stats, TaskPage } from "../api/types";
import { remember } from "../task/known";

const ASK_MS = 2000;
const PAGE_SIZE = 50;

export const listKey = ["tasks"] as const;

/** A page of the list. New tasks come into it by themselves, but not while it is to stand still; what becomes of those that
 * are there, each of them tells itself. */
export function useTaskList(filters: Filters, standsStill: boolean): Trouble & { page: TaskPage | undefined } {
  const queryClient = useQueryClient();
  const query = useQuery({
    ...patient,
    queryKey: [...listKey, filters],
    queryFn: async ({ signal }) => {
      const page = await fetchTasks({ ...filters, limit: PAGE_SIZE }, signal);
      for (const task of page.items) remember(queryClient, task);
      return page;
    },
    refetchInterval: standsStill ? false : ASK_MS,
    placeholderData: keepPreviousData,
  });
  return { page: query.data, ...troubleOf(query) };
}

export function useStats(): Trouble & { stats: Stats | undefined } {
  const query = useQuery({ ...patient, queryKey: ["stats"], queryFn: ({ signal }) => fetchStats(signal), refetchInterval: ASK_MS });
  return { stats: query.data, ...troubleOf(query) };
}
