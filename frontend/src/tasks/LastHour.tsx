import { Fragment, useState } from "react";
import { formatNumber } from "../shared/format";
import { OUTCOMES, Throughput, type Minute } from "./Throughput";

const REMEMBERED = "last-hour-open";

/** What finished in the last hour: in one line, and as a chart that can be opened; the browser remembers whether it is open. */
export function LastHour({ minutes }: { minutes: Minute[] }) {
  const [isOpen, setOpen] = useState(wasOpen);
  const totals = OUTCOMES.map(({ name }) => ({ name, tasks: minutes.reduce((sum, minute) => sum + minute[name], 0) })).filter(({ tasks }) => tasks > 0);
  if (totals.length === 0) return null;
  const most = Math.max(...minutes.map((minute) => minute.done + minute.failed + minute.cancelled));
  return (
    <details
      className="last-hour"
      open={isOpen}
      onToggle={(event) => {
        const { open } = event.currentTarget;
        setOpen(open);
        keepOpen(open);
      }}
    >
      <summary data-testid="last-hour">
        Last hour:{" "}
        {totals.map(({ name, tasks }, index) => (
          <Fragment key={name}>
            {index > 0 && ", "}
            <span className={`swatch swatch-${name}`} />
            {formatNumber(tasks)} {name}
          </Fragment>
        ))}
        ; at most {formatNumber(most)} per minute
      </summary>
      {isOpen && <Throughput minutes={minutes} />}
    </details>
  );
}

function wasOpen(): boolean {
  try {
    return localStorage.getItem(REMEMBERED) === "yes";
  } catch {
    return false; // the browser stores nothing for this site
  }
}

function keepOpen(isOpen: boolean): void {
  try {
    localStorage.setItem(REMEMBERED, isOpen ? "yes" : "no");
  } catch {
    // it will be closed again next time
  }
}
