// People choose whole days of their own time zone, the last one included; the API expects moments, the last one excluded.

const EARLIEST = 1970; // while a year is being typed, it is 0002 at first

/** The moment at which a day begins: `2026-03-12` becomes `2026-03-11T23:00:00Z` in Berlin. */
export const beginningOf = (day: string): string | null => momentOf(day, 0);

/** The moment at which the next day begins. */
export const endOf = (day: string): string | null => momentOf(day, 1);

/** The day that contains this moment. */
export const dayFrom = (moment: string | null | undefined): string => dayOf(moment, 0);

/** The last day before this moment. */
export const dayUntil = (moment: string | null | undefined): string => dayOf(moment, 1);

export const isWholeDay = (day: string): boolean => day === "" || Number(day.slice(0, 4)) >= EARLIEST;

function momentOf(day: string, more: number): string | null {
  const at = new Date(`${day}T00:00`);
  at.setDate(at.getDate() + more);
  at.setHours(0, 0, 0, 0); // after a day that begins at 01:00, as where the clock changes at midnight
  return Number.isNaN(at.getTime()) ? null : at.toISOString().replace(".000Z", "Z");
}

function dayOf(moment: string | null | undefined, lessMs: number): string {
  const at = new Date(new Date(moment ?? "").getTime() - lessMs);
  if (Number.isNaN(at.getTime())) return "";
  const two = (value: number) => String(value).padStart(2, "0");
  return `${String(at.getFullYear()).padStart(4, "0")}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}
