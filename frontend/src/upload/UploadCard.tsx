import { memo } from "react";
import { FileCard } from "../shared/FileCard";
import { Icon } from "../shared/Icon";
import { useAnnounced } from "../shared/useAnnounced";
import { TaskCard } from "../task/TaskCard";
import type { Item, UploadQueue } from "./queue";
import { UploadActions } from "./UploadActions";
import { UploadFacts, UploadProgress } from "./UploadProgress";

interface Props {
  item: Item;
  queue: UploadQueue;
  /** Say nothing to a screen reader: there are too many of them. */
  isQuiet: boolean;
}

/** A chosen file on its way to an id; from then on, its task. */
export const UploadCard = memo(function UploadCard({ item, queue, isQuiet }: Props) {
  if (item.phase.name === "handed-over") return <TaskCard id={item.phase.taskId} isQuiet={isQuiet} />;
  return <FileOnItsWay item={item} queue={queue} isQuiet={isQuiet} />;
});

function FileOnItsWay({ item, queue, isQuiet }: Props) {
  const { phase } = item;
  const { name, file } = item.chosen;
  useAnnounced(isQuiet ? null : spoken(item));
  return (
    <FileCard
      name={name}
      size={file.size}
      status={`upload-${phase.name}`}
      facts={phase.name === "sending" && <UploadFacts size={file.size} {...phase} />}
      actions={<UploadActions item={item} queue={queue} />}
    >
      {phase.name === "waiting" && (
        <p className="status">
          <Icon name="active" /> Waiting to upload
        </p>
      )}
      {phase.name === "waiting" && phase.why !== null && (
        <p className="note">
          <Icon name="away" />
          <span>
            {phase.why} It begins again by itself as soon as it can.
          </span>
        </p>
      )}
      {phase.name === "sending" && <UploadProgress name={name} size={file.size} sent={phase.sent} />}
      {phase.name === "stopped" && (
        <p className="status">
          <Icon name="cancelled" /> Upload cancelled
        </p>
      )}
      {phase.name === "failed" && (
        <p className="status bad">
          <Icon name="failed" /> <span>{phase.message}</span>
        </p>
      )}
    </FileCard>
  );
}

function spoken({ chosen, phase }: Item): string | null {
  if (phase.name === "failed") return `${chosen.name}: ${phase.message}`;
  if (phase.name === "waiting") return phase.why;
  return phase.name === "stopped" ? `${chosen.name}: upload cancelled` : null;
}
