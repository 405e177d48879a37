import { useId, useState, type ReactNode } from "react";
import { formatBytes, formatSize, shownName } from "../shared/format";
import { Icon, type IconName } from "../shared/Icon";

interface Props {
  name: string;
  size: number | null;
  /** For styles and tests. */
  state: string;
  tone?: string;
  icon: IconName;
  words: ReactNode;
  remark?: string | null;
  isHidden: boolean;
  isOpenAtFirst?: boolean;
  /** Below the row. */
  note?: ReactNode;
  /** Shown when the row is opened; without it, the row cannot be opened. */
  details?: () => ReactNode;
  /** The result or the progress, and the actions. */
  children?: ReactNode;
}

/** The frame of one file in the list. */
export function Row({ name, size, state, tone = "", icon, words, remark = null, isHidden, isOpenAtFirst = false, note, details, children }: Props) {
  const [wanted, setOpen] = useState<boolean | null>(null);
  const id = useId();
  const isOpen = details !== undefined && (wanted ?? isOpenAtFirst);
  const shown = shownName(name);
  const cut = shown.lastIndexOf("/") + 1;
  const label = (
    <bdi>
      {cut > 0 && <span className="folder">{shown.slice(0, cut)}</span>}
      {shown.slice(cut)}
    </bdi>
  );
  return (
    <li hidden={isHidden}>
      <article className="row" aria-label={shown} data-testid="file" data-status={state}>
        <div className="row-line">
          {details === undefined ? (
            <span className="row-name" title={shown}>
              {label}
            </span>
          ) : (
            <button
              type="button"
              className="row-name"
              title={shown}
              aria-expanded={isOpen}
              aria-controls={isOpen ? id : undefined}
              onClick={() => {
                setOpen(!isOpen);
              }}
            >
              {label}
            </button>
          )}
          <span className="size" title={size === null ? undefined : formatBytes(size)}>
            {size !== null && formatSize(size)}
          </span>
          <div className={`status ${tone}`}>
            <Icon name={icon} />
            <span>
              <span data-testid="status">{words}</span>
              {remark !== null && <span className="remark">{remark}</span>}
            </span>
          </div>
          <div className="row-result">{children}</div>
        </div>
        {note}
        {isOpen && (
          <div id={id} className="row-details">
            {details()}
          </div>
        )}
      </article>
    </li>
  );
}
