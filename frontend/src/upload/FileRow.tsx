import { memo } from "react";
import { shownName } from "../shared/format";
import { useAnnounced } from "../shared/useAnnounced";
import type { Item, UploadQueue } from "./queue";
import { Row } from "./Row";
import { TaskRow } from "./TaskRow";
import { UploadActions } from "./UploadActions";
import { UploadFacts } from "./UploadFacts";
import { spokenOf, statusOf } from "./words";

interface Props {
  item: Item;
  queue: UploadQueue;
  /** The service has accepted the file. */
  isKnown: boolean;
  isHidden: boolean;
  isOpenAtFirst: boolean;
  /** Announce nothing to screen readers: there are too many files. */
  isQuiet: boolean;
  /** Announce when the service cannot be reached. */
  tellsAway: boolean;
}

/** A chosen file on its way to an id; after that, its task. Hidden rows stay, so that their tasks are followed. */
export const FileRow = memo(function FileRow(props: Props) {
  const { item, isKnown, isHidden, isOpenAtFirst, isQuiet, tellsAway } = props;
  const { phase, chosen } = item;
  if (phase.name !== "uploaded") return <FileOnItsWay {...props} />;
  if (!isKnown) return <Row name={chosen.name} size={chosen.size} state="loading" icon="active" words="Loading…" isHidden={isHidden} />;
  return (
    <TaskRow
      id={phase.taskId}
      remark={chosen.remark}
      isHidden={isHidden}
      isOpenAtFirst={isOpenAtFirst}
      isQuiet={isQuiet || item.isRestored}
      tellsAway={tellsAway}
    />
  );
});

function FileOnItsWay({ item, queue, isHidden, isQuiet }: Props) {
  const { phase, chosen } = item;
  const { name, size, remark } = chosen;
  const { words, tone, icon, note } = statusOf(phase, size);
  useAnnounced(isQuiet || item.isRestored ? null : spokenOf(item));
  const isSending = phase.name === "sending";
  return (
    <Row
      name={name}
      size={phase.name === "missing" ? null : size}
      state={`upload-${phase.name}`}
      tone={tone}
      icon={icon}
      words={words}
      remark={remark}
      isHidden={isHidden}
      note={note !== null && <p className={phase.name === "waiting" ? "row-note" : "row-note bad"}>{note}</p>}
    >
      {isSending && (
        <div className="row-progress">
          <progress aria-label={`Upload of ${shownName(name)}`} value={Math.min(phase.sent, size)} max={Math.max(size, 1)} />
          <span className="facts">
            <UploadFacts size={size} {...phase} />
          </span>
        </div>
      )}
      <UploadActions item={item} queue={queue} />
    </Row>
  );
}
