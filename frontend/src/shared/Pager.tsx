import { Link } from "./Link";

interface Props {
  /** Of the page that is shown; null: the first. */
  cursor: string | null;
  /** Null: the first page is the one before. Undefined: unknown, because a cursor only leads forward. */
  previous: string | null | undefined;
  /** Null: there is no next page. */
  next: string | null;
  /** The URL of a page. */
  to: (cursor: string | null) => string;
}

/** The links between the pages of a list. */
export function Pager({ cursor, previous, next, to }: Props) {
  if (next === null && cursor === null) return null;
  return (
    <nav className="pages" aria-label="Pages of the list">
      <span>
        {cursor !== null && previous !== null && <Link to={to(null)}>First</Link>}
        {previous !== undefined && <Link to={to(previous)}>Previous</Link>}
      </span>
      {next !== null && <Link to={to(next)}>Next</Link>}
    </nav>
  );
}
