import { useEffect } from "react";
import { announce } from "./announce";

/** Announce `text` whenever it changes; null: nothing. */
export function useAnnounced(text: string | null): void {
  useEffect(() => {
    if (text !== null) announce(text);
  }, [text]);
}
