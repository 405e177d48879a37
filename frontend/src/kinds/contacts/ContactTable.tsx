import { taskPath } from "../../lookup/taskId";
import { clipped, formatNumber } from "../../shared/format";
import { Link } from "../../shared/Link";
import { useTask } from "../../task/useTask";
import type { Contact } from "./types";

const MOST_COLUMNS = 12; // that are shown at once

export function ContactTable({ contacts }: { contacts: Contact[] }) {
  return (
    <table className="contacts">
      <thead>
        <tr>
          <th scope="col">Contact</th>
          <th scope="col">Further columns</th>
          <th scope="col">From</th>
        </tr>
      </thead>
      <tbody>
        {contacts.map(({ id, email, name, data, task, line }) => (
          <tr key={id} data-testid="contact">
            <td>
              <strong>
                <bdi>{clipped(email)}</bdi>
              </strong>
              {name && (
                <div>
                  <bdi>{clipped(name)}</bdi>
                </div>
              )}
            </td>
            <td>
              <Further data={data} />
            </td>
            <td>
              <Origin taskId={task} line={line} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** What else the row had, as far as it was not empty: files have columns of their own. */
function Further({ data }: { data: Contact["data"] }) {
  const columns = Object.entries(data).filter(([, value]) => value.trim() !== "");
  if (columns.length === 0) return null;
  const [shown, rest] = [columns.slice(0, MOST_COLUMNS), columns.slice(MOST_COLUMNS)];
  return (
    <>
      <Columns columns={shown} />
      {rest.length > 0 && (
        <details>
          <summary>{formatNumber(rest.length)} more</summary>
          <Columns columns={rest} />
        </details>
      )}
    </>
  );
}

function Columns({ columns }: { columns: [name: string, value: string][] }) {
  return (
    <dl>
      {columns.map(([name, value]) => (
        <div key={name}>
          <dt>{clipped(name)}:</dt>{" "}
          <dd>
            <bdi>{clipped(value)}</bdi>
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Origin({ taskId, line }: { taskId: string; line: number }) {
  const { task } = useTask(taskId);
  return (
    <>
      <Link to={taskPath(taskId)}>
        <bdi>{task?.filename ?? "its file"}</bdi>
      </Link>
      <div className="muted">line {formatNumber(line)}</div>
    </>
  );
}
