import { ServiceAway } from "../api/errors";

/** Why somebody could not sign in, or out. */
export function wordsOf(error: Error): string {
  return error instanceof ServiceAway ? `The service cannot be reached. ${error.message}` : error.message;
}
