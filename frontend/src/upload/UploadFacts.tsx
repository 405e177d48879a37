import { formatDuration, formatSize, formatSpeed } from "../shared/format";

interface Props {
  sent: number;
  size: number;
  speed: number | null;
}

export function UploadFacts({ sent, size, speed }: Props) {
  return (
    <>
      <span>
        {formatSize(Math.min(sent, size))} of {formatSize(size)}
      </span>
      {speed !== null && speed > 0 && sent < size && (
        <>
          <span>{formatSpeed(speed)}</span>
          <span>about {formatDuration((size - sent) / speed)} left</span>
        </>
      )}
    </>
  );
}
