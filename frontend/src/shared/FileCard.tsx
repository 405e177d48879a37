import type { ReactNode } from "react";
import { formatBytes, formatSize, shownName } from "./format";

interface Props {
  name: string;
  size: number;
  status: string;
  facts?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

/** The frame around one file. `status` is for styles and tests; it is not shown. */
export function FileCard({ name, size, status, facts, actions, children }: Props) {
  const shown = shownName(name);
  return (
    <article className="card" aria-label={shown} data-testid="file" data-status={status}>
      <header>
        <h3 className="name" title={shown}>
          <bdi>{shown}</bdi>
        </h3>
        <span className="size" title={formatBytes(size)}>
          {formatSize(size)}
        </span>
      </header>
      {children}
      {(facts ?? actions) !== undefined && (
        <div className="bottom">
          <div className="facts">{facts}</div>
          <div className="actions">{actions}</div>
        </div>
      )}
    </article>
  );
}
