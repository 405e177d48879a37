import { detailOf, isPassing } from "./errors";
import type { Parameters, Task } from "./types";
import { tellUnauthorized } from "./unauthorized";

interface ToSend {
  file: File;
  name: string;
  params: Parameters;
}

export interface Upload {
  done: Promise<Task>;
  stop: () => void;
}

/** `lost`: no answer came. `not-now`: the service may accept it later. `signed-out`: there are no valid credentials. `no`: a retry
 * would not help. */
type Why = "lost" | "not-now" | "signed-out" | "no";

/** The upload failed; `message` is shown to the user. */
export class UploadFailed extends Error {
  override name = "UploadFailed";
  readonly why: Why;

  constructor(why: Why, message: string) {
    super(message);
    this.why = why;
  }
}

const STALLED_MS = 20_000; // the service itself ends an upload that sends nothing for 30 s
const NO_ANSWER_MS = 300_000; // after the last byte, a slow disk may have much to write
const STALLED = "Nothing could be sent for 20 seconds: the network is unavailable.";
const BROKE_OFF = "The connection was lost before the upload was complete.";
const UNREADABLE = "The file can no longer be read. It may have been moved, changed or deleted. Choose it again.";

/**
 * Sends a file as the raw body of one request. It uses XMLHttpRequest, as fetch does not report how much has been sent. The file
 * is read from disk during the upload, so it can be of any size. Sent again with the same key, it returns the same task.
 */
export function startUpload({ file, name, params }: ToSend, idempotencyKey: string, onSent: (bytes: number) => void): Upload {
  const query = new URLSearchParams({ filename: name });
  for (const [parameter, value] of Object.entries(params)) query.set(parameter, String(value));
  const request = new XMLHttpRequest();
  let stop = () => {
    request.abort();
  };
  const done = new Promise<Task>((resolve, reject) => {
    let watching: ReturnType<typeof setTimeout> | undefined;
    const watch = (ms: number) => {
      clearTimeout(watching);
      watching = setTimeout(() => {
        request.abort();
        reject(new UploadFailed("lost", STALLED));
      }, ms);
    };
    watch(STALLED_MS);
    request.upload.onprogress = (event) => {
      watch(STALLED_MS);
      onSent(event.loaded);
    };
    request.upload.onload = () => {
      watch(NO_ANSWER_MS);
    };
    request.onloadend = () => {
      clearTimeout(watching);
    };
    request.onload = () => {
      const body = parsed(request.responseText);
      if (request.status === 202 && isTask(body)) resolve(body);
      else reject(failure(request.status, body));
    };
    request.onerror = () => {
      void isReadable(file).then((readable) => {
        reject(readable ? new UploadFailed("lost", BROKE_OFF) : new UploadFailed("no", UNREADABLE));
      });
    };
    stop = () => {
      request.abort();
      reject(new DOMException("stopped", "AbortError"));
    };
  });
  request.open("POST", `/v1/tasks?${query.toString()}`);
  request.setRequestHeader("Content-Type", "application/octet-stream");
  request.setRequestHeader("Accept", "application/json");
  request.setRequestHeader("Idempotency-Key", idempotencyKey);
  request.send(file);
  return { done, stop };
}

const UNAUTHORIZED = 401;
const KEY_IN_USE = 409;
const NO_ROOM = 507;
const STILL_WAITING = "The service is still waiting for an earlier upload of this file, which was interrupted.";

function failure(status: number, body: unknown): UploadFailed {
  if (status === KEY_IN_USE) return new UploadFailed("not-now", STILL_WAITING);
  const why = status === UNAUTHORIZED ? "signed-out" : isPassing(status) && status !== NO_ROOM ? "not-now" : "no";
  if (why === "signed-out") tellUnauthorized();
  return new UploadFailed(why, detailOf(body) ?? `The service did not accept the file (HTTP ${status}).`);
}

/** A browser reports the same for a lost connection and for a file that was changed after it was chosen. */
async function isReadable(file: File): Promise<boolean> {
  try {
    await file.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // not from the API but, for example, from a proxy
  }
}

function isTask(body: unknown): body is Task {
  return typeof body === "object" && body !== null && "id" in body && typeof body.id === "string" && "status" in body;
}
