import type { Task } from "../../api/types";
import type { Deletion } from "../view";

/** Contacts outlive the file that they came from, and are deleted together with it. */
export const deletion = ({ kept }: Task): Deletion => ({
  action: "Undo this import",
  loses: `All contacts that this file brought and its rejected rows are deleted for good${kept ? ", and so is the stored file" : ""}. This includes contacts that a later file has too, where this file brought them first.`,
  stays: "Contacts that other files brought stay, and so do this task, its counts and its log line.",
  gone: "The import was undone: its contacts and rejected rows were deleted",
});
