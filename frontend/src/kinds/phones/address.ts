/** The filters and the page of a list of numbers, as in the URL, valid or not. */
export interface PhoneFilters {
  task: string | null;
  number: string | null;
  region: string | null;
  cursor: string | null;
}

/** The filters in a URL, named as in the API, so that one can be derived from the other. */
export function phoneFiltersIn(search: string): PhoneFilters {
  const given = new URLSearchParams(search);
  const value = (name: string) => {
    const text = given.get(name)?.trim() ?? "";
    return text === "" ? null : text;
  };
  return { task: value("task"), number: value("number"), region: value("region"), cursor: value("cursor") };
}

/** The URL of the page with these filters. */
export const phonesPath = (filters: Partial<PhoneFilters>): string => `/phones${queryOf(filters, ["task", "number", "region", "cursor"])}`;

/** The URL of the numbers of a file as a CSV. */
export const phonesCsvUrl = (task: string, filters: PhoneFilters): string => `/v1/tasks/${task}/phones.csv${queryOf(filters, ["number", "region"])}`;

function queryOf(filters: Partial<PhoneFilters>, names: readonly (keyof PhoneFilters)[]): string {
  const query = new URLSearchParams();
  for (const name of names) {
    const value = filters[name]?.trim();
    if (value) query.set(name, value);
  }
  return query.size === 0 ? "" : `?${query.toString()}`;
}
