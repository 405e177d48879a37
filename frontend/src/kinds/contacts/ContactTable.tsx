import { useId, useState } from "react";
import { taskPath } from "../../lookup/taskId";
import { clipped, formatNumber, shownName } from "../../shared/format";
import { Link } from "../../shared/Link";
import { useTask } from "../../task/useTask";
import { columnsOf, filledIn } from "./columns";
import type { Contact } from "./types";

export function ContactTable({ contacts }: { contacts: Contact[] }) {
  const columns = columnsOf(contacts);
  const hasMore = contacts.some((contact) => filledIn(contact).some(([name]) => !columns.includes(name)));
  return (
    <table className="grid folding contacts">
      <thead>
        <tr>
          <th scope="col" className="column-email">
            Email address
          </th>
          <th scope="col" className="column-name">
            Name
          </th>
          {columns.map((name) => (
            <th key={name} scope="col" title={name}>
              <bdi>{clipped(name)}</bdi>
            </th>
          ))}
          {hasMore && (
            <th scope="col" className="column-more">
              More
            </th>
          )}
          <th scope="col" className="column-origin">
            From file
          </th>
          <th scope="col" className="column-line">
            Line
          </th>
        </tr>
      </thead>
      <tbody>
        {contacts.map((contact) => (
          <ContactRow key={contact.id} contact={contact} columns={columns} hasMore={hasMore} />
        ))}
      </tbody>
    </table>
  );
}

function ContactRow({ contact, columns, hasMore }: { contact: Contact; columns: string[]; hasMore: boolean }) {
  const id = useId();
  const [isOpen, setOpen] = useState(false);
  const { email, name, task, line } = contact;
  const filled = filledIn(contact);
  const more = filled.filter(([column]) => !columns.includes(column));
  return (
    <>
      <tr data-testid="contact">
        <td className="column-email" title={clipped(email)}>
          <strong>
            <bdi>{clipped(email)}</bdi>
          </strong>
        </td>
        <td className="column-name" title={clipped(name ?? "")}>
          {name && <bdi>{clipped(name)}</bdi>}
        </td>
        {columns.map((column) => (
          <Cell key={column} name={column} value={filled.find(([other]) => other === column)?.[1]} />
        ))}
        {hasMore && (
          <td className="column-more">
            {more.length > 0 && (
              <button
                type="button"
                className="quiet"
                aria-expanded={isOpen}
                aria-controls={isOpen ? id : undefined}
                onClick={() => {
                  setOpen(!isOpen);
                }}
              >
                {isOpen ? "Less" : `${formatNumber(more.length)} more`}
                <span className="visually-hidden"> about {clipped(email)}</span>
              </button>
            )}
          </td>
        )}
        <Origin taskId={task} />
        <td className="column-line digits" data-name="Line">
          {formatNumber(line)}
        </td>
      </tr>
      {isOpen && more.length > 0 && (
        <tr id={id}>
          <td colSpan={columns.length + 5} className="more">
            <More columns={more} />
          </td>
        </tr>
      )}
    </>
  );
}

function Cell({ name, value }: { name: string; value: string | undefined }) {
  if (value === undefined) return <td />;
  return (
    <td title={clipped(value)} data-name={clipped(name)}>
      <bdi>{clipped(value)}</bdi>
    </td>
  );
}

/** The columns that do not fit in the table. */
function More({ columns }: { columns: [name: string, value: string][] }) {
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

function Origin({ taskId }: { taskId: string }) {
  const { task } = useTask(taskId);
  const name = task === undefined ? "its file" : shownName(task.filename);
  return (
    <td className="column-origin" title={name}>
      <Link to={taskPath(taskId)}>
        <bdi>{clipped(name)}</bdi>
      </Link>
    </td>
  );
}
