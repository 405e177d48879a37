import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { retrying, troubleOf, type Trouble } from "../api/retrying";
import { fetchStats, fetchTasks } from "../api/tasks";
import type { Filters, Stats, TaskPage } from "../api/types";
import { remember } from "../task/known";

const ASK_MS = 2000;
const SHARE = 10; // at most this fraction of the time is spent on answering: a slow list is requested less often
const PAGE_SIZE = 50;

export const listKey = ["tasks"] as const;

/** A page of the list. New tasks appear in it automatically, but not while it is paused; each row follows its own task. */
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
  // The tasks of the previous filters stay only until the answer arrives; if there is none, they would be mistaken for it.
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
