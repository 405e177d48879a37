import { useState } from "react";
import { formatNumber } from "../../shared/format";
import { Link } from "../../shared/Link";
import { phonesPath, type PhoneFilters } from "./address";
import { NO_REGION, regionName } from "./regions";
import type { RegionCounts } from "./types";

const MOST_BARS = 8;

/** The numbers by country, as a list whose bars only repeat what it says; each leads to its numbers. */
export function RegionChart({ regions: { items }, filters }: { regions: RegionCounts; filters: PhoneFilters }) {
  const [isOpen, setOpen] = useState(() => matchMedia("(min-width: 56rem)").matches); // on a phone, it would push the numbers off the screen
  const shown = items.length === MOST_BARS + 1 ? items : items.slice(0, MOST_BARS); // instead of one bar, "1 other" would be no shorter
  const others = items.slice(shown.length);
  const inOthers = others.reduce((sum, { numbers }) => sum + numbers, 0);
  const longest = Math.max(inOthers, items[0]?.numbers ?? 0);
  return (
    <details
      className="regions"
      open={isOpen}
      onToggle={(event) => {
        setOpen(event.currentTarget.open);
      }}
    >
      <summary>By country</summary>
      <ul aria-label="Numbers by country">
        {shown.map(({ region, numbers }) => {
          const code = region ?? NO_REGION;
          return (
            <li key={code} data-testid="region">
              <Link to={phonesPath({ task: filters.task, number: filters.number, region: code })} isCurrent={filters.region === code}>
                {regionName(region)}
              </Link>
              <Figure numbers={numbers} of={longest} />
            </li>
          );
        })}
        {others.length > 0 && (
          <li data-testid="region">
            <span className="muted">{others.length} others</span>
            <Figure numbers={inOthers} of={longest} />
          </li>
        )}
      </ul>
    </details>
  );
}

function Figure({ numbers, of }: { numbers: number; of: number }) {
  return (
    <>
      <span className="digits">{formatNumber(numbers)}</span>
      <span className="bar" aria-hidden="true" style={{ inlineSize: `${(100 * numbers) / of}%` }} />
    </>
  );
}
