import { useId, useState, type SyntheticEvent } from "react";
import { formatNumber } from "../../shared/format";
import { Link } from "../../shared/Link";
import { refine } from "../../shared/navigation";
import { phonesPath, type PhoneFilters } from "./address";
import { NO_REGION, regionName } from "./regions";
import type { RegionCounts } from "./types";

interface Props {
  filters: PhoneFilters;
  regions: RegionCounts["items"];
  /** Why the service refuses the filters. */
  complaint: string | null;
}

/** Finds the numbers of a file that match; the URL always agrees with these fields. */
export function FilterPhones({ filters, regions, complaint }: Props) {
  const id = useId();
  const [number, setNumber] = useState(filters.number ?? "");
  const [shown, setShown] = useState(filters.number);
  if (shown !== filters.number) {
    // The field follows links, Back and Forward.
    setShown(filters.number);
    setNumber(filters.number ?? "");
  }

  function apply(region: string | null) {
    refine(phonesPath({ task: filters.task, number, region }));
  }

  const codes = regions.map(({ region, numbers }) => [region ?? NO_REGION, `${regionName(region)} (${formatNumber(numbers)})`] as const);
  return (
    <form
      className="find-phone"
      aria-label="Filters"
      onSubmit={(event: SyntheticEvent) => {
        event.preventDefault();
        apply(filters.region);
      }}
    >
      <div>
        <label htmlFor={`${id}-number`}>Number</label>
        <div className="with-button">
          <input
            id={`${id}-number`}
            type="text"
            inputMode="tel"
            autoComplete="off"
            spellCheck={false}
            placeholder="in any spelling"
            value={number}
            aria-invalid={complaint === null ? undefined : true}
            aria-describedby={`${id}-complaint`}
            onChange={(event) => {
              setNumber(event.target.value);
            }}
          />
          <button type="submit">Find</button>
        </div>
      </div>
      <div>
        <label htmlFor={`${id}-region`}>Country</label>
        <select
          id={`${id}-region`}
          value={filters.region ?? ""}
          onChange={(event) => {
            apply(event.target.value);
          }}
        >
          <option value="">any</option>
          {codes.map(([code, words]) => (
            <option key={code} value={code}>
              {words}
            </option>
          ))}
          {filters.region !== null && !codes.some(([code]) => code === filters.region) && <option value={filters.region}>{regionName(filters.region)}</option>}
        </select>
      </div>
      {(filters.number !== null || filters.region !== null) && <Link to={phonesPath({ task: filters.task })}>Clear filters</Link>}
      <p id={`${id}-complaint`} className="complaint" aria-live="polite">
        {complaint}
      </p>
    </form>
  );
}
