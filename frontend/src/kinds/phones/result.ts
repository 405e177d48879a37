import type { Task } from "../../api/types";
import { count, formatNumber } from "../../shared/format";
import { encodingName } from "../encodings";
import type { Sum } from "../view";
import { ONLY_INTERNATIONAL, regionName } from "./regions";
import type { PhonesResult } from "./types";

/** Null: the file has not been searched completely. */
export const phonesResultOf = ({ result }: Task): PhonesResult | null => (result !== null && "numbers" in result ? result : null);

/** `1,234 numbers, 1,100 different`, or `no numbers` */
export const numbersInWords = ({ numbers, distinct }: PhonesResult): string =>
  numbers === 0 ? "no numbers" : `${count(numbers, "number")}${numbers === 1 ? "" : `, ${formatNumber(distinct)} different`}`;

/** How a file was read. */
export const readingInWords = ({ region, encoding, engine }: PhonesResult): string =>
  [
    region === ONLY_INTERNATIONAL ? "Only numbers with a country code" : `Without a country code: ${regionName(region)}`,
    encodingName(encoding),
    ...(engine === "fast" ? ["by the fast engine"] : []),
  ].join(" · ");

/** The sum over several finished files; null: none of them was searched. A number may be in several, so only occurrences add up. */
export function sumUp(tasks: readonly Task[]): Sum | null {
  const results = tasks.flatMap((task) => phonesResultOf(task) ?? []);
  if (results.length === 0) return null;
  const numbers = results.reduce((sum, result) => sum + result.numbers, 0);
  return { words: count(numbers, "phone number"), testId: "phone-numbers" };
}

/** Whether numbers of the file may be stored. */
export function mayHaveNumbers(task: Task): boolean {
  if (task.results_deleted_at !== null) return false;
  const result = phonesResultOf(task);
  if (result !== null) return result.numbers > 0;
  return task.started_at !== null && task.error?.code !== "not_text"; // which is found before the search
}
