import { pathsV1TasksPostParametersQueryRegionValues as values } from "../../api/schema.gen";

/** As a parameter: only numbers with a country code are found. */
export const ONLY_INTERNATIONAL = "ZZ";
/** As a filter: numbers of no region, such as +800. */
export const NO_REGION = "none";

const names = new Intl.DisplayNames(["en"], { type: "region" });

/** The name of a region, or a code that is none, such as one in a URL; null: the numbers belong to no region. */
export function regionName(code: string | null): string {
  if (code === null || code === NO_REGION) return "No country";
  return /^[a-z]{2}$/i.test(code) ? (names.of(code) ?? code) : code;
}

/** All regions, by their names. */
export function allRegions(): [code: string, name: string][] {
  const codes = values.filter((code) => code !== ONLY_INTERNATIONAL);
  return codes.map((code): [string, string] => [code, regionName(code)]).sort(([, a], [, b]) => a.localeCompare(b, "en"));
}
