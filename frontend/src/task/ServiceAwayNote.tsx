import type { ServiceAway } from "../api/errors";
import { Icon } from "../shared/Icon";

export function ServiceAwayNote({ away }: { away: ServiceAway }) {
  return (
    <p className="note">
      <Icon name="away" />
      <span>
        The service cannot be reached; still trying.
        {away.message !== "" && <span className="muted"> It said: {away.message}</span>}
      </span>
    </p>
  );
}
