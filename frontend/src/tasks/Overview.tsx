import { ServiceAwayNote } from "../task/ServiceAwayNote";
import { formatDuration, formatNumber } from "../shared/format";
import { Link } from "../shared/Link";
import { tasksPath } from "./filters";
import { STATUSES } from "./statuses";
import { Throughput } from "./Throughput";
import { useStats } from "./useTaskList";

/** How much there is, how fast it goes, and how far behind the service is. */
export function Overview() {
  const { stats, away } = useStats();
  if (stats === undefined) return away === null ? <p className="muted">Counting…</p> : <ServiceAwayNote away={away} />;
  const count = (status: string) => stats.counts.reduce((sum, row) => (row.status === status ? sum + row.tasks : sum), 0);
  const oldest = stats.oldest_unfinished_s;
  return (
    <>
      <ul className="counts">
        {STATUSES.filter(({ status }) => status !== "waiting" || count(status) > 0).map(({ status, words }) => (
          <li key={status}>
            <Link to={tasksPath({ status })}>
              <strong className="digits" data-testid={`count-${status}`}>
                {formatNumber(count(status))}
              </strong>{" "}
              {words}
            </Link>
          </li>
        ))}
      </ul>
      <p data-testid="oldest">
        {oldest === null ? "Everything has ended: nothing is left to do." : `The oldest that has not ended was handed over ${formatDuration(oldest)} ago.`}
      </p>
      <Throughput minutes={stats.last_hour} />
      {away !== null && <ServiceAwayNote away={away} />}
    </>
  );
}
