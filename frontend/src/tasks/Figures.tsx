import type { Stats } from "../api/types";
import { formatDuration, formatNumber } from "../shared/format";
import { Link } from "../shared/Link";
import { tasksPath } from "./filters";
import { STATUSES } from "./statuses";

const MOST_COUNTED = 1000; // the service counts no further

/** How many tasks are in which state, in one line; each figure links to these tasks. */
export function Figures({ stats }: { stats: Stats }) {
  const count = (status: string) => stats.counts.reduce((sum, row) => (row.status === status ? sum + row.tasks : sum), 0);
  const oldest = stats.oldest_unfinished_s;
  return (
    <>
      <ul className="counts" aria-label="Counts">
        {STATUSES.filter(({ status, isAlwaysShown }) => isAlwaysShown || count(status) > 0).map(({ status, words }) => (
          <Figure key={status} name={status} to={tasksPath({ status })} number={formatNumber(count(status))} words={words} />
        ))}
        <Figure
          name="mismatch"
          to={tasksPath({ verdict: "mismatch" })}
          number={stats.mismatches < MOST_COUNTED ? formatNumber(stats.mismatches) : `${formatNumber(MOST_COUNTED)} or more`}
          words="not as expected"
          isBad={stats.mismatches > 0}
        />
      </ul>
      {oldest !== null && (
        <p className="muted" data-testid="oldest">
          The oldest unfinished task was uploaded {formatDuration(oldest)} ago.
        </p>
      )}
    </>
  );
}

function Figure({ name, to, number, words, isBad = false }: { name: string; to: string; number: string; words: string; isBad?: boolean }) {
  return (
    <li className={isBad ? "bad" : undefined}>
      <Link to={to}>
        <strong className="digits" data-testid={`count-${name}`}>
          {number}
        </strong>{" "}
        {words}
      </Link>
    </li>
  );
}
