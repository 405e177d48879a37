import { ServiceAwayNote } from "../task/ServiceAwayNote";
import { Figures } from "./Figures";
import { LastHour } from "./LastHour";
import { useStats } from "./useTaskList";

/** How much work there is, how fast it is done, and how far behind the service is. */
export function Overview() {
  const { stats, away } = useStats();
  if (stats === undefined) return away === null ? <p className="muted">Loading…</p> : <ServiceAwayNote away={away} />;
  return (
    <>
      <Figures stats={stats} />
      <LastHour minutes={stats.last_hour} />
      {away !== null && <ServiceAwayNote away={away} />}
    </>
  );
}
