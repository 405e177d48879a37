import { useSyncExternalStore } from "react";
import { currentAnnouncement, subscribeToAnnouncements } from "./announce";

export function Announcer() {
  const text = useSyncExternalStore(subscribeToAnnouncements, currentAnnouncement);
  return (
    <div className="visually-hidden" aria-live="polite" data-testid="announcer">
      {text}
    </div>
  );
}
