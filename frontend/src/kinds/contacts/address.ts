export const rejectsUrl = (taskId: string): string => `/v1/tasks/${taskId}/rejects.csv`;

/** The filters and the page of the list of contacts, as in the URL, valid or not. */
export interface ContactFilters {
  email: string | null;
  task: string | null;
  cursor: string | null;
}

/** The filters in a URL, named as in the API, so that one can be derived from the other. */
export function contactFiltersIn(search: string): ContactFilters {
  const given = new URLSearchParams(search);
  const value = (name: string) => {
    const text = given.get(name)?.trim() ?? "";
    return text === "" ? null : text;
  };
  return { email: value("email"), task: value("task"), cursor: value("cursor") };
}

/** The URL of the list with these filters. */
export function contactsPath(filters: Partial<ContactFilters>): string {
  const query = new URLSearchParams();
  for (const name of ["email", "task", "cursor"] as const) {
    const value = filters[name]?.trim();
    if (value) query.set(name, value);
  }
  return query.size === 0 ? "/contacts" : `/contacts?${query.toString()}`;
}
