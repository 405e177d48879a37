import { memo } from "react";
import { FileCard } from "../shared/FileCard";
import { Icon } from "../shared/Icon";
import { useAnnounced } from "../shared/useAnnounced";
import { TaskCard } from "../task/TaskCard";
import type { Item, UploadQueue } from "./queue";
import { UploadActions } from "./UploadActions";
import { UploadFacts, UploadProgress } from "./UploadProgress";

/** A chosen file on its way to an id; from then on, its task. */
export const UploadCard = memo(function UploadCard({ item, queue }: { item: Item; queue: UploadQueue }) {
  if (item.phase.name === "handed-over") return <TaskCard id={item.phase.taskId} />;
  return <FileOnItsWay item={item} queue={queue} />;
});

function FileOnItsWay({ item, queue }: { item: Item; queue: UploadQueue }) {
  const { file, phase } = item;
  useAnnounced(spoken(item));
  return (
    <FileCard
      name={file.name}
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
      {phase.name === "sending" && <UploadProgress name={file.name} size={file.size} sent={phase.sent} />}
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

function spoken({ file, phase }: Item): string | null {
  if (phase.name === "failed") return `${file.name}: ${phase.message}`;
  return phase.name === "stopped" ? `${file.name}: upload cancelled` : null;
}
