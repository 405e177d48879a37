export const rejectsUrl = (taskId: string): string => `/v1/tasks/${taskId}/rejects.csv`;

/** What narrows the list of contacts, and which page of it is meant: as it stands in an address, right or wrong. */
export interface ContactFilters {
  email: string | null;
  task: string | null;
  cursor: string | null;
}

/** The filters in an address: named as in the API, so that one can be made from the other. */
export function contactFiltersIn(search: string): ContactFilters {
  const given = new URLSearchParams(search);
  const value = (name: string) => {
    const text = given.get(name)?.trim() ?? "";
    return text === "" ? null : text;
  };
  return { email: value("email"), task: value("task"), cursor: value("cursor") };
}

/** The address of the list that is narrowed by these filters. */
export function contactsPath(filters: Partial<ContactFilters>): string {
  const query = new URLSearchParams();
  for (const name of ["email", "task", "cursor"] as const) {
    const value = filters[name]?.trim();
    if (value) query.set(name, value);
  }
  return query.size === 0 ? "/contacts" : `/contacts?${query.toString()}`;
}
