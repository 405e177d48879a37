import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { retrying, troubleOf, type Trouble } from "../api/retrying";
import { fetchStats, fetchTasks } from "../api/tasks";
import type { Filters, Stats, TaskPage } from "../api/types";
import { remember } from "../task/known";

const ASK_MS = 2000;
const SHARE = 10; // of the time at most one part is spent on answering: a list that takes long is asked for less often
const PAGE_SIZE = 50;

export const listKey = ["tasks"] as const;

/** A page of the list. New tasks come into it by themselves, but not while it is to stand still; what becomes of those that
 * are there, each of them tells itself. */
export function useTaskList(filters: Filters, standsStill: boolean): Trouble & { page: TaskPage | undefined } {
  const queryClient = useQueryClient();
  const query = useQuery({
    ...retrying,
    queryKey: [...listKey, filters],
    queryFn: async ({ signal }) => {
      const asked = await timed(fetchTasks({ ...filters, limit: PAGE_SIZE }, signal));
      for (const task of asked.answer.items) remember(queryClient, task);
      return asked;
    },
    refetchInterval: ({ state }) => (standsStill ? false : pauseAfter(state.data)),
    placeholderData: keepPreviousData,
    select: answerOf,
  });
  // Those of the filters before stay only until the answer comes; where none comes they would be taken for it.
  const page = query.isPlaceholderData && query.failureReason !== null ? undefined : query.data;
  return { page, ...troubleOf(query) };
}

export function useStats(): Trouble & { stats: Stats | undefined } {
  const query = useQuery({
    ...retrying,
    queryKey: ["stats"],
    queryFn: ({ signal }) => timed(fetchStats(signal)),
    refetchInterval: ({ state }) => pauseAfter(state.data),
    select: answerOf,
  });
  return { stats: query.data, ...troubleOf(query) };
}

interface Asked<T> {
  answer: T;
  tookMs: number;
}

async function timed<T>(answering: Promise<T>): Promise<Asked<T>> {
  const began = performance.now();
  const answer = await answering;
  return { answer, tookMs: performance.now() - began };
}

const pauseAfter = (asked?: Asked<unknown>): number => Math.max(ASK_MS, SHARE * (asked?.tookMs ?? 0));

const answerOf = <T>({ answer }: Asked<T>): T => answer;
