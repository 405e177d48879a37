import type { Task } from "../../api/types";
import type { Deletion } from "../view";

/** Contacts outlive the bytes that they came from, and go with them where somebody deletes both. */
export const deletion = ({ kept, filename }: Task): Deletion => ({
  what: kept ? "its bytes and contacts" : "its contacts",
  question: `Delete the stored bytes of ${filename}, and with them every contact that it brought and its rejected rows? The counts stay known; the rest does not come back.`,
  gone: "Its bytes and its contacts",
});
