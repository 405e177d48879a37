import "./files.css";
import type { Task } from "../../api/types";
import { clipped, shownName } from "../../shared/format";
import { Icon } from "../../shared/Icon";
import { Link } from "../../shared/Link";
import { toTheMinute } from "../../task/moments";
import { ServiceAwayNote } from "../../task/ServiceAwayNote";
import { useTask } from "../../task/useTask";
import { statusWords } from "../../task/words";
import { tasksPath } from "../../tasks/filters";
import { useTaskList } from "../../tasks/useTaskList";
import { homePath } from "../kinds";
import { phonesPath } from "./address";
import { numbersInWords, phonesResultOf } from "./result";

/** The files that were searched last. */
export function Files() {
  const { page, refused, away } = useTaskList({ kind: "phones" }, false);
  const tasks = page?.items ?? [];
  return (
    <>
      <div className="phones-head">
        <h2 id="phones-title">Phone numbers</h2>
        {tasks.length > 0 && <p className="muted">Choose a file to see the numbers in it.</p>}
      </div>
      {refused !== null && <p className="status bad">{refused.message}</p>}
      {away !== null && <ServiceAwayNote away={away} />}
      {page === undefined && refused === null && away === null && <p className="muted">Loading…</p>}
      {tasks.length > 0 && (
        <table className="grid folding phone-files">
          <thead>
            <tr>
              <th scope="col">File</th>
              <th scope="col">Status</th>
              <th scope="col">Numbers</th>
              <th scope="col" className="column-time">
                Uploaded
              </th>
            </tr>
          </thead>
          <tbody>
            {tasks.map((task) => (
              <File key={task.id} listed={task} />
            ))}
          </tbody>
        </table>
      )}
      {page?.next != null && (
        <p className="older">
          <Link to={tasksPath({ kind: "phones" })}>Older files</Link>
        </p>
      )}
      {page !== undefined && tasks.length === 0 && (
        <p>
          No file has been searched yet. <Link to={homePath("phones")}>Upload a text</Link>: the numbers in it appear here as they are found.
        </p>
      )}
    </>
  );
}

function File({ listed }: { listed: Task }) {
  const task = useTask(listed.id).task ?? listed;
  const { words, progress, icon, tone } = statusWords(task);
  const result = phonesResultOf(task);
  const name = clipped(shownName(task.filename));
  return (
    <tr data-testid="phone-file">
      <td className="column-file" title={name}>
        <Link to={phonesPath({ task: task.id })}>
          <bdi>{name}</bdi>
        </Link>
      </td>
      <td>
        <p className={`status status-${tone}`}>
          <Icon name={icon} />
          <span className="digits">
            {words}
            {progress !== null && `, ${progress}`}
          </span>
        </p>
      </td>
      <td className="digits">{task.results_deleted_at !== null ? "deleted" : result !== null && numbersInWords(result)}</td>
      <td className="column-time">
        <time dateTime={task.created_at} title={task.created_at}>
          {toTheMinute(task.created_at)}
        </time>
      </td>
    </tr>
  );
}
