import type { Task } from "../../api/types";
import { capitalized, count } from "../../shared/format";
import { Link } from "../../shared/Link";
import { phonesPath } from "./address";
import { mayHaveNumbers, numbersInWords, phonesResultOf, readingInWords } from "./result";
import { useRegions } from "./useRegions";

/** How many numbers were found, also while the file is being searched, and a link to them. */
export function PhonesResult({ task }: { task: Task }) {
  const result = phonesResultOf(task);
  const isThere = mayHaveNumbers(task);
  const soFar = useRegions(task.id, result === null && isThere);
  const link = <Link to={phonesPath({ task: task.id })}>{task.outcome === null ? "Watch them appear" : "Look at them"}</Link>;
  if (result === null) {
    if (soFar === undefined || (soFar.complete && soFar.numbers === 0)) return null;
    return (
      <p data-testid="phone-numbers">
        {count(soFar.numbers, "number")} found {soFar.complete ? "until then" : "so far"}. {link}
      </p>
    );
  }
  return (
    <>
      <p data-testid="phone-numbers">
        {capitalized(numbersInWords(result))}. {isThere && link}
      </p>
      <p className="help">{readingInWords(result)}</p>
      {task.results_deleted_at !== null && <p className="help">The numbers were deleted on request.</p>}
    </>
  );
}
