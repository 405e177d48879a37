import "../../styles/grid.css";
import "./contacts.css";
import { isId, taskPath } from "../../lookup/taskId";
import { shownName } from "../../shared/format";
import { Link } from "../../shared/Link";
import { useSearch } from "../../shared/navigation";
import { Pager } from "../../shared/Pager";
import { useAnnounced } from "../../shared/useAnnounced";
import { useTitle } from "../../shared/useTitle";
import { ServiceAwayNote } from "../../task/ServiceAwayNote";
import { isEnded } from "../../task/state";
import { useTask } from "../../task/useTask";
import { homePath } from "../kinds";
import { contactFiltersIn, contactsPath, type ContactFilters } from "./address";
import { ContactTable } from "./ContactTable";
import { FindContact } from "./FindContact";
import { useContacts } from "./useContacts";

/** One record for each address, from the file that brought it first. */
export function Contacts() {
  const filters = contactFiltersIn(useSearch());
  useTitle("Contacts");
  return (
    <section aria-labelledby="contacts-title" className="contacts-page">
      <div className="contacts-head">
        <h2 id="contacts-title">Contacts</h2>
        <p className="muted">One record for each email address, from the file that brought it first.</p>
        <FindContact filters={filters} />
      </div>
      {filters.task !== null && isId(filters.task) && <OfFile id={filters.task} filters={filters} />}
      <List filters={filters} />
    </section>
  );
}

function OfFile({ id, filters }: { id: string; filters: ContactFilters }) {
  const { task } = useTask(id);
  return (
    <p className="of-file" data-testid="of-file">
      Only contacts from{" "}
      <Link to={taskPath(id)}>
        <bdi>{task === undefined ? "one file" : shownName(task.filename)}</bdi>
      </Link>
      {task !== undefined && !isEnded(task) && ", which is still being loaded"}.{" "}
      <Link to={contactsPath({ email: filters.email })}>Show contacts from all files</Link>
    </p>
  );
}

function List({ filters }: { filters: ContactFilters }) {
  const { page, isCurrent, previous, refused, away } = useContacts(filters);
  const contacts = page?.items ?? [];
  const isEmpty = page !== undefined && contacts.length === 0 && refused === null;
  const isFound = isCurrent && page !== undefined && filters.email !== null;
  useAnnounced(isFound ? `${filters.email}: ${isEmpty ? "no contact has this address" : "found"}` : null);
  return (
    <>
      {refused !== null && <p className="status bad">{refused.message}</p>}
      {away !== null && <ServiceAwayNote away={away} />}
      {page === undefined && refused === null && away === null && <p className="muted">Loading…</p>}
      {contacts.length > 0 && <ContactTable contacts={contacts} />}
      {isEmpty && <Nothing filters={filters} />}
      <Pager cursor={filters.cursor} previous={previous} next={page?.next ?? null} to={(cursor) => contactsPath({ ...filters, cursor })} />
    </>
  );
}

function Nothing({ filters: { email, task, cursor } }: { filters: ContactFilters }) {
  if (email !== null) {
    return (
      <p>
        No contact {task !== null && "from this file "}has the address <strong>{email}</strong>. <Link to={contactsPath({ task })}>Show all</Link>
      </p>
    );
  }
  if (task !== null) return <p>This file brought no contacts.</p>;
  if (cursor !== null) return <p>There are no more contacts.</p>;
  return (
    <p>
      There are no contacts yet. <Link to={homePath("contacts")}>Import a CSV file</Link>: each email address in it becomes a contact.
    </p>
  );
}
