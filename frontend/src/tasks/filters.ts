import type { Filters } from "../api/types";
import { FILTERS } from "../kinds/views";

const NAMES = [
  "kind",
  "status",
  "verdict",
  "filename__contains",
  "batch",
  ...FILTERS.map(({ name }) => name),
  "created_after",
  "created_before",
  "cursor",
] as const;

/** The filters in a URL, named as in the API, so that one can be derived from the other. */
export function filtersIn(search: string): Filters {
  const given = new URLSearchParams(search);
  return pick((name) => given.get(name));
}

/** The URL of the list with these filters. */
export const tasksPath = (filters: Filters): string => `/tasks${queryOf(filters)}`;

/** The URL of the whole list as a CSV, for spreadsheets. */
export const exportUrl = (filters: Filters): string => `/v1/tasks.csv${queryOf({ ...filters, cursor: null })}`;

export const isNarrowed = (filters: Filters): boolean => NAMES.some((name) => name !== "cursor" && Boolean(filters[name]));

function queryOf(filters: Filters): string {
  const query = new URLSearchParams(Object.entries(pick((name) => filters[name])) as [string, string][]).toString();
  return query === "" ? "" : `?${query}`;
}

function pick(valueOf: (name: (typeof NAMES)[number]) => string | null | undefined): Filters {
  const filters: Filters = {};
  for (const name of NAMES) {
    const value = name === "batch" ? valueOf(name) : valueOf(name)?.trim(); // a batch must match exactly
    if (value) filters[name] = value;
  }
  return filters;
}
