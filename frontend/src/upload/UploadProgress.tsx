import { formatDuration, formatSize, formatSpeed, percentOf } from "../shared/format";
import { Icon } from "../shared/Icon";

interface Sending {
  sent: number;
  size: number;
}

export function UploadProgress({ name, sent, size }: Sending & { name: string }) {
  return (
    <>
      <p className="status">
        <Icon name="active" />
        <span className="digits">{isAllSent({ sent, size }) ? "Uploaded: waiting for the id" : `Uploading, ${percentOf(sent, size)} %`}</span>
      </p>
      <progress aria-label={`Upload of ${name}`} value={Math.min(sent, size)} max={Math.max(size, 1)} />
    </>
  );
}

export function UploadFacts({ sent, size, speed }: Sending & { speed: number | null }) {
  return (
    <>
      <span>
        {formatSize(Math.min(sent, size))} of {formatSize(size)}
      </span>
      {speed !== null && speed > 0 && !isAllSent({ sent, size }) && (
        <>
          <span>{formatSpeed(speed)}</span>
          <span>about {formatDuration((size - sent) / speed)} left</span>
        </>
      )}
    </>
  );
}

const isAllSent = ({ sent, size }: Sending): boolean => size > 0 && sent >= size;
