import type { Task } from "../../api/types";
import { count, formatNumber } from "../../shared/format";
import { Link } from "../../shared/Link";
import { Pager } from "../../shared/Pager";
import { useAnnounced } from "../../shared/useAnnounced";
import { ServiceAwayNote } from "../../task/ServiceAwayNote";
import { TaskStatus } from "../../task/TaskStatus";
import { homePath } from "../kinds";
import { Actions } from "./Actions";
import { phonesPath, type PhoneFilters } from "./address";
import { FilterPhones } from "./FilterPhones";
import { PhoneTable } from "./PhoneTable";
import { RegionChart } from "./RegionChart";
import { ONLY_INTERNATIONAL, regionName } from "./regions";
import { phonesResultOf } from "./result";
import type { PhonePage, RegionCounts } from "./types";
import { PAGE_SIZE, usePhones } from "./usePhones";
import { useRegions } from "./useRegions";

/** The numbers of a file, also while it is being searched. */
export function Numbers({ task, filters }: { task: Task; filters: PhoneFilters }) {
  const { page, isCurrent, previous, next, refused, away } = usePhones(task.id, filters);
  const regions = useRegions(task.id);
  const phones = refused === null ? (page?.items ?? []) : [];
  const isFiltered = filters.number !== null || filters.region !== null;
  const isEmpty = page !== undefined && isCurrent && refused === null && phones.length === 0;
  useAnnounced(isFiltered ? matches(isCurrent ? page : undefined) : regions?.complete ? `${count(regions.numbers, "number")} found` : null);
  return (
    <>
      <Progress task={task} />
      <div className="phones-bar">
        <Counts task={task} regions={regions} />
        <Actions task={task} phones={phones} filters={filters} isComplete={regions?.complete ?? false} />
      </div>
      <div className="phones-columns">
        {regions !== undefined && regions.numbers > 0 && <RegionChart regions={regions} filters={filters} />}
        <div>
          {(isFiltered || (regions !== undefined && regions.numbers > 0)) && (
            <FilterPhones filters={filters} regions={regions?.items ?? []} complaint={refused?.status === 422 ? refused.message : null} />
          )}
          {refused !== null && refused.status !== 422 && <p className="status bad">{refused.message}</p>}
          {away !== null && <ServiceAwayNote away={away} />}
          {page === undefined && refused === null && away === null && <p className="muted">Loading…</p>}
          {phones.length > 0 && <PhoneTable phones={phones} />}
          {isEmpty && <Nothing task={task} filters={filters} isComplete={page.complete} />}
          {phones.length > 0 && page?.complete === false && next === null && <p className="muted more">More numbers appear here as they are found.</p>}
          {next !== null && <p className="help">Each page has {PAGE_SIZE} numbers. The CSV has all of them{regions?.complete ? "" : ", once the search is finished"}.</p>}
          <Pager cursor={filters.cursor} previous={previous} next={next} to={(cursor) => phonesPath({ ...filters, cursor })} />
        </div>
      </div>
    </>
  );
}

/** What a screen reader reads when the filters change. */
function matches(page: PhonePage | undefined): string | null {
  if (!page?.complete) return null;
  return page.items.length === 0 ? "No number matches" : `${count(page.items.length, "number")} shown`;
}

function Progress({ task }: { task: Task }) {
  if (task.status === "done") return null;
  return (
    <>
      <TaskStatus task={task} />
      {(task.outcome === "failed" || task.outcome === "cancelled") && (
        <p className="help" data-testid="gaps">
          The file was not searched completely. These are the numbers that had been found by then; between them, some may be missing.
        </p>
      )}
    </>
  );
}

function Counts({ task, regions }: { task: Task; regions: RegionCounts | undefined }) {
  const result = phonesResultOf(task);
  const numbers = result?.numbers ?? regions?.numbers;
  if (numbers === undefined) return <p />;
  const countries = regions?.items.filter(({ region }) => region !== null).length ?? 0;
  return (
    <p className="digits" data-testid="counts">
      <strong>{formatNumber(numbers)}</strong> {numbers === 1 ? "number" : "numbers"}
      {task.outcome === null && " found so far"}
      {result !== null && numbers > 1 && (
        <>
          , <strong>{formatNumber(result.distinct)}</strong> different
        </>
      )}
      {countries > 0 && `, from ${countries === 1 ? "1 country" : `${countries} countries`}`}
    </p>
  );
}

function Nothing({ task, filters, isComplete }: { task: Task; filters: PhoneFilters; isComplete: boolean }) {
  const yet = isComplete ? "" : " yet. Matches appear here as they are found";
  if (filters.number !== null || filters.region !== null) {
    return (
      <p>
        No number matches{yet}. <Link to={phonesPath({ task: task.id })}>Show all</Link>
      </p>
    );
  }
  if (!isComplete) return <p className="muted">{filters.cursor === null ? "Nothing has been found yet. Numbers appear here as they are found." : "More numbers appear here as they are found."}</p>;
  if (filters.cursor !== null) return <p>There are no more numbers.</p>;
  if (task.outcome !== "done") return <p>No number had been found by then.</p>;
  return <NoneFound region={task.params.region} />;
}

function NoneFound({ region }: { region: unknown }) {
  const again = <Link to={homePath("phones")}>upload it again</Link>;
  return (
    <p data-testid="none-found">
      No phone numbers were found.{" "}
      {typeof region === "string" && region !== ONLY_INTERNATIONAL ? (
        <>
          The country was {regionName(region)}; numbers of other countries are found only with a + and a country code. If the text has such numbers without one,{" "}
          {again} and choose their country.
        </>
      ) : (
        <>Only numbers with a + and a country code were searched for. If the text has numbers without one, {again} and choose their country.</>
      )}
    </p>
  );
}
