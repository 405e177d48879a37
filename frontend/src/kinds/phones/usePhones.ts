import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { retrying, troubleOf, type Trouble } from "../../api/retrying";
import type { PhoneFilters } from "./address";
import { fetchPhones } from "./fetchPhones";
import type { PhonePage } from "./types";

const ASK_MS = 1000; // while the file is being searched
export const PAGE_SIZE = 100;

interface Shown extends Trouble {
  page: PhonePage | undefined;
  /** Whether it is the page for these filters, and not still the previous one. */
  isCurrent: boolean;
  /** The cursor of the page before; null: that is the first. Undefined: unknown, because a cursor only leads forward. */
  previous: string | null | undefined;
  /** The cursor of the page after this one; null: there is none yet. */
  next: string | null;
}

const isFull = ({ items }: PhonePage): boolean => items.length >= PAGE_SIZE;

/** Whether numbers may still be added to the page. */
const mayGrow = (page: PhonePage): boolean => !page.complete && !isFull(page);

/** A page of the numbers of a file. While the file is being searched, numbers are added to it until it is full. */
export function usePhones(task: string, filters: PhoneFilters): Shown {
  const queryClient = useQueryClient();
  const keyOf = (cursor: string | null) => ["phones", task, "list", filters.number, filters.region, cursor] as const;
  const queryKey = keyOf(filters.cursor);
  const query = useQuery({
    ...retrying,
    queryKey,
    queryFn: async ({ signal }) => {
      const known = queryClient.getQueryData<PhonePage>(queryKey);
      if (known === undefined || !mayGrow(known)) return fetchPhones(task, filters, PAGE_SIZE, signal);
      const more = await fetchPhones(task, { ...filters, cursor: known.next }, PAGE_SIZE - known.items.length, signal);
      return { ...more, items: [...known.items, ...more.items] };
    },
    refetchInterval: ({ state: { data, status } }) => (status === "error" || (data !== undefined && !mayGrow(data)) ? false : ASK_MS),
    placeholderData: keepPreviousData,
  });
  // The numbers of the previous filters stay only until the answer arrives; if there is none, they would be mistaken for it.
  const page = query.isPlaceholderData && query.failureReason !== null ? undefined : query.data;
  const seen = queryClient.getQueryCache().findAll({ queryKey: keyOf(null).slice(0, -1) });
  const before = seen.find(({ state }) => (state.data as PhonePage | undefined)?.next === filters.cursor);
  const previous = filters.cursor === null ? undefined : (before?.queryKey.at(-1) as string | null | undefined);
  const next = page !== undefined && isFull(page) ? page.next : null;
  return { page, isCurrent: !query.isPlaceholderData, previous, next, ...troubleOf(query) };
}
