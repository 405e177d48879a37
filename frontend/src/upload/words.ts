import { percentOf, shownName } from "../shared/format";
import type { IconName } from "../shared/Icon";
import type { Item, Phase } from "./queue";

interface Status {
  words: string;
  icon: IconName;
  tone: string;
  /** Further explanations and actions. */
  note: string | null;
}

/** The state of the upload of a file of this size. */
export function statusOf(phase: Phase, size: number): Status {
  switch (phase.name) {
    case "waiting":
      return { words: "Waiting to upload", icon: "active", tone: "", note: phase.why === null ? null : `${phase.why} The upload is retried automatically.` };
    case "sending":
      return { words: size > 0 && phase.sent >= size ? "Uploaded, waiting for the id" : `Uploading, ${percentOf(phase.sent, size)} %`, icon: "active", tone: "", note: null };
    case "stopped":
      return { words: "Upload cancelled", icon: "cancelled", tone: "", note: null };
    case "failed":
      return { words: "Not uploaded", icon: "failed", tone: "bad", note: phase.message };
    case "missing":
      return { words: "Missing", icon: "failed", tone: "bad", note: null };
    case "uploaded":
      return { words: "Uploaded", icon: "done", tone: "good", note: null };
    case "interrupted":
      return { words: "Upload interrupted", icon: "failed", tone: "bad", note: null };
  }
}

/** What a screen reader reads for a file that has no id yet; null: nothing. */
export function spokenOf({ chosen: { name }, phase }: Item): string | null {
  switch (phase.name) {
    case "failed":
      return `${shownName(name)}: ${phase.message}`;
    case "waiting":
      return phase.why;
    case "stopped":
      return `${shownName(name)}: upload cancelled`;
    default:
      return null;
  }
}
