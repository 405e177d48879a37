import { useEffect, useState } from "react";
import { announce } from "./announce";
import { copyText } from "./clipboard";

const SHOWN_MS = 2000;

/** `of`: what is copied, for those who cannot see what the button is next to: "id", "command". `label`: words that say it themselves. */
export function CopyButton({ text, of, label }: { text: string; of: string; label?: string }) {
  const [outcome, setOutcome] = useState<"Copied" | "Not copied" | null>(null);

  useEffect(() => {
    if (outcome === null) return;
    const timer = setTimeout(() => {
      setOutcome(null);
    }, SHOWN_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [outcome]);

  async function copy() {
    const copied = await copyText(text);
    setOutcome(copied ? "Copied" : "Not copied");
    announce(copied ? `Copied the ${of}` : "The browser does not allow copying. Select the text and copy it");
  }

  return (
    <button type="button" className="quiet copy" onClick={() => void copy()}>
      {outcome ?? label ?? "Copy"}
      {label === undefined && <span className="visually-hidden"> {of}</span>}
    </button>
  );
}
