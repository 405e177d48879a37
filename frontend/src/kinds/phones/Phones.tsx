import "../../styles/grid.css";
import "./phones.css";
import { isId, taskPath } from "../../lookup/taskId";
import { shownName } from "../../shared/format";
import { Link } from "../../shared/Link";
import { useSearch } from "../../shared/navigation";
import { useTitle } from "../../shared/useTitle";
import { ServiceAwayNote } from "../../task/ServiceAwayNote";
import { useTask } from "../../task/useTask";
import { phoneFiltersIn, phonesPath, type PhoneFilters } from "./address";
import { Files } from "./Files";
import { Numbers } from "./Numbers";

/** The numbers of one file, or the files to choose from. */
export function Phones() {
  const filters = phoneFiltersIn(useSearch());
  useTitle("Phone numbers");
  return (
    <section aria-labelledby="phones-title" className="phones-page">
      {filters.task === null ? <Files /> : <OfFile key={filters.task} id={filters.task} filters={filters} />}
    </section>
  );
}

function OfFile({ id, filters }: { id: string; filters: PhoneFilters }) {
  if (isId(id)) return <OfTask id={id} filters={filters} />;
  return (
    <Head>
      <Unknown />
    </Head>
  );
}

function OfTask({ id, filters }: { id: string; filters: PhoneFilters }) {
  const { task, refused, away } = useTask(id);
  if (task === undefined) {
    return (
      <Head>
        {refused !== null && (refused.status === 404 ? <Unknown /> : <p className="status bad">{refused.message}</p>)}
        {away !== null && <ServiceAwayNote away={away} />}
        {refused === null && away === null && <p className="muted">Loading…</p>}
      </Head>
    );
  }
  const file = (
    <Link to={taskPath(id)}>
      <bdi>{shownName(task.filename)}</bdi>
    </Link>
  );
  if (task.kind !== "phones") return <Head>{<p>{file} was not searched for phone numbers. {OTHERS}</p>}</Head>;
  if (task.status === "expired") return <Head>{<p>The upload of {file} was never completed. {OTHERS}</p>}</Head>;
  if (task.results_deleted_at !== null) return <Head>{<p>The numbers of {file} were deleted on request. {OTHERS}</p>}</Head>;
  return (
    <>
      <Head>
        <p className="of-file" data-testid="of-file">
          in {file}
        </p>
      </Head>
      {away !== null && <ServiceAwayNote away={away} />}
      <Numbers task={task} filters={filters} />
    </>
  );
}

function Head({ children }: { children: React.ReactNode }) {
  return (
    <div className="phones-head">
      <h2 id="phones-title">Phone numbers</h2>
      {children}
    </div>
  );
}

const OTHERS = <Link to={phonesPath({})}>Choose another file</Link>;

function Unknown() {
  return (
    <p>
      <span className="status bad">There is no task with this id.</span> {OTHERS}
    </p>
  );
}
