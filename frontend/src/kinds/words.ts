import type { Task } from "../api/types";
import { capitalized } from "../shared/format";
import type { Words } from "./view";

/** The words of a kind that does one thing with a file: `wordsFor("hashed", "Hashing")`. */
export const wordsFor =
  (been: string, naming: string) =>
  ({ status }: Task): Words => ({
    being: status === "waiting" ? `${been} in parts` : been,
    been,
    naming,
    finished: capitalized(been),
    close: "put its parts together",
    closed: "put together",
    progress: "percent",
  });

/** Whether the task has been cut into parts. When it is then queued or running, only its last step remains. */
export const wasCut = ({ history }: Task): boolean => history.some(({ status }) => status === "waiting");
