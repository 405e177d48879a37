import { ServiceAway } from "../api/errors";

/** Why signing in or out failed. */
export function wordsOf(error: Error): string {
  return error instanceof ServiceAway ? `The service cannot be reached. ${error.message}` : error.message;
}
