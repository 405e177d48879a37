import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { retrying, troubleOf, type Trouble } from "../../api/retrying";
import type { ContactFilters } from "./address";
import { fetchContacts } from "./fetchContacts";
import type { ContactPage } from "./types";

const ASK_MS = 5000; // imports may be running

const keyOf = (filters: Partial<ContactFilters>) => ["contacts", filters] as const;

interface Shown extends Trouble {
  page: ContactPage | undefined;
  /** Whether it is the page for these filters, and not still the previous one. */
  isCurrent: boolean;
  /** The cursor of the page before; null: that is the first. Undefined: unknown, because a cursor only leads forward. */
  previous: string | null | undefined;
}

export function useContacts(filters: ContactFilters): Shown {
  const queryClient = useQueryClient();
  const query = useQuery({
    ...retrying,
    queryKey: keyOf(filters),
    queryFn: ({ signal }) => fetchContacts(filters, signal),
    refetchInterval: ASK_MS,
    placeholderData: keepPreviousData,
  });
  // The contacts of the previous filters stay only until the answer arrives; if there is none, they would be mistaken for it.
  const page = query.isPlaceholderData && query.failureReason !== null ? undefined : query.data;
  const seen = queryClient.getQueryCache().findAll({ queryKey: keyOf({ email: filters.email, task: filters.task }) });
  const before = seen.find(({ state }) => (state.data as ContactPage | undefined)?.next === filters.cursor);
  const previous = filters.cursor === null ? undefined : (before?.queryKey[1] as ContactFilters | undefined)?.cursor;
  return { page, isCurrent: !query.isPlaceholderData, previous, ...troubleOf(query) };
}
