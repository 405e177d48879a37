import "./namesAndValues.css";
import type { Task } from "../api/types";
import { clipped, count } from "../shared/format";

const MOST = 50; // shown values of one object or list
const DEEPEST = 4; // levels; deeper values are shown as JSON

/** The result of a kind without a view. */
export function NamesAndValues({ task: { result } }: { task: Task }) {
  if (Object.keys(result ?? {}).length === 0) return null;
  return (
    <div className="names-and-values" role="group" aria-label="Result" data-testid="result">
      <Value of={result} depth={0} />
    </div>
  );
}

function Value({ of: value, depth }: { of: unknown; depth: number }) {
  if (value === null || value === undefined || value === "") return <span className="muted">none</span>;
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value !== "object") return <bdi>{clipped(typeof value === "string" ? value : JSON.stringify(value))}</bdi>;
  const entries = Object.entries<unknown>({ ...value });
  if (entries.length === 0) return <span className="muted">empty</span>;
  if (depth >= DEEPEST) return <code>{clipped(JSON.stringify(value))}</code>;
  const shown = entries.slice(0, MOST);
  const rest = entries.length - shown.length;
  if (Array.isArray(value)) {
    return (
      <ol>
        {shown.map(([index, item]) => (
          <li key={index}>
            <Value of={item} depth={depth + 1} />
          </li>
        ))}
        {rest > 0 && <li className="muted">{count(rest, "more value")}</li>}
      </ol>
    );
  }
  return (
    <dl>
      {shown.map(([name, item]) => (
        <div key={name}>
          <dt>{clipped(name)}</dt>
          <dd>
            <Value of={item} depth={depth + 1} />
          </dd>
        </div>
      ))}
      {rest > 0 && (
        <div>
          <dt>…</dt>
          <dd className="muted">{count(rest, "more value")}</dd>
        </div>
      )}
    </dl>
  );
}
