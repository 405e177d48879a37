import { useState } from "react";
import { count, formatNumber } from "../shared/format";
import { useAnnounced } from "../shared/useAnnounced";
import { FileRow } from "./FileRow";
import { GROUPS, standingOf, type Group } from "./groups";
import { ListHead } from "./ListHead";
import type { Item, UploadQueue } from "./queue";
import { MOST_SAVED, unsavedIn } from "./saved";
import { useListedTasks } from "./useListedTasks";
import { useLoadedTasks } from "./useLoadedTasks";

const MOST_SPOKEN = 5; // more files would keep a screen reader talking forever
const MOST_OPEN = 3; // in a list this short, a file that was chosen alone is shown opened

interface Props {
  items: readonly Item[];
  queue: UploadQueue;
  /** The service no longer knows a task of the list. */
  onGone: () => void;
}

/** The files of this page, one row each: problems first. */
export function FileList({ items, queue, onGone }: Props) {
  const [wanted, setShown] = useState<Group | null>(null);
  const ids = items.flatMap(({ phase }) => (phase.name === "uploaded" ? [phase.taskId] : []));
  const known = useListedTasks(ids);
  useLoadedTasks(
    ids.filter((id) => !known.has(id)),
    (id) => {
      queue.remove(...items.filter(({ phase }) => phase.name === "uploaded" && phase.taskId === id).map(({ key }) => key));
      onGone();
    },
  );
  const rows = items.map((item) => {
    const task = item.phase.name === "uploaded" ? known.get(item.phase.taskId) : undefined;
    return { item, isKnown: task !== undefined, standing: standingOf(item, task) };
  });
  const standings = rows.map(({ standing }) => standing);
  // Among the problems, unexpected files come last.
  rows.sort((one, other) => Number(one.item.chosen.remark !== null) - Number(other.item.chosen.remark !== null));
  const ordered = GROUPS.map((group) => rows.filter(({ standing }) => standing.group === group));
  const counts = new Map(GROUPS.map((group, index) => [group, ordered[index]?.length ?? 0]));
  const shown = wanted !== null && counts.get(wanted) === 0 ? null : wanted;
  const interrupted = interruptedIn(items);
  const unsaved = unsavedIn(items);
  useAnnounced(interrupted);
  const isQuiet = items.length > MOST_SPOKEN;
  const spokesman = ordered[GROUPS.indexOf("open")]?.[0]?.item.key;

  return (
    <section className="files" aria-labelledby="files-title">
      <ListHead items={items} standings={standings} tasks={[...known.values()]} queue={queue} />
      {interrupted !== null && <p className="note">{interrupted}</p>}
      {items.length > 1 && <Chips all={items.length} counts={counts} shown={shown} onChange={setShown} />}
      <ul className="rows">
        {ordered.flat().map(({ item, isKnown, standing }) => (
          <FileRow
            key={item.key}
            item={item}
            queue={queue}
            isKnown={isKnown}
            isHidden={shown !== null && shown !== standing.group}
            isOpenAtFirst={items.length === 1 || (item.isAlone && items.length <= MOST_OPEN)}
            isQuiet={isQuiet}
            tellsAway={!isQuiet || item.key === spokesman}
          />
        ))}
      </ul>
      {unsaved > 0 && (
        <p className="note">
          Only {formatNumber(MOST_SAVED)} files of this list are stored. If you reload the page, the list loses the other {formatNumber(unsaved)};{" "}
          <em>Tasks</em> still has those that were uploaded.
        </p>
      )}
      <p className="help">
        Uploaded files are deleted some time after they have finished; each file’s details say when. Results stay until you delete them; log lines stay for
        good. This list stays in this tab until you clear it, sign out or close the tab; <em>Tasks</em> has all files.
      </p>
    </section>
  );
}

const CHIPS: [Group, string][] = [
  ["problem", "Problems"],
  ["missing", "Missing"],
  ["open", "In progress"],
];

interface ChipsProps {
  all: number;
  counts: ReadonlyMap<Group, number>;
  shown: Group | null;
  onChange: (shown: Group | null) => void;
}

/** Filters for the list, each with its number of files. */
function Chips({ all, counts, shown, onChange }: ChipsProps) {
  const chip = (group: Group | null, name: string, number: number) => (
    <button
      key={name}
      type="button"
      className="chip"
      aria-pressed={shown === group}
      onClick={() => {
        onChange(group);
      }}
    >
      {name} <span className="digits">{formatNumber(number)}</span>
    </button>
  );
  const others = CHIPS.map(([group, name]) => [group, name, counts.get(group) ?? 0] as const).filter(([, , number]) => number > 0);
  if (others.length === 0) return null;
  return (
    <div className="chips" role="group" aria-label="Show">
      {chip(null, "All", all)}
      {others.map(([group, name, number]) => chip(group, name, number))}
    </div>
  );
}

function interruptedIn(items: readonly Item[]): string | null {
  const interrupted = items.filter(({ phase }) => phase.name === "interrupted").length;
  if (interrupted === 0) return null;
  return `${count(interrupted, "upload")} ${interrupted === 1 ? "was" : "were"} interrupted when the page was loaded again. Choose ${
    interrupted === 1 ? "this file" : "these files"
  } again.`;
}
