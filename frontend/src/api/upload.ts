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

/** `lost`: no answer came. `not-now`: the service says so. `signed-out`: it does not know who asks. `no`: trying again changes
 * nothing. */
type Why = "lost" | "not-now" | "signed-out" | "no";

/** The upload ended without an id; `message` is what the user reads. */
export class UploadFailed extends Error {
  override name = "UploadFailed";
  readonly why: Why;

  constructor(why: Why, message: string) {
    super(message);
    this.why = why;
  }
}

const STALLED_MS = 20_000; // the service itself gives an upload up that sends nothing for 30 s
const NO_ANSWER_MS = 300_000; // once all is sent, a slow disk may have much to write
const STALLED = "Nothing could be sent for a while: the network is away.";
const BROKE_OFF = "The upload broke off before the service answered: the connection was lost.";
const UNREADABLE = "The file can no longer be read. Was it moved, changed or removed? Choose it again.";

/**
 * Sends a file as the raw body of one request. XMLHttpRequest, as fetch does not tell how much has been sent; it reads
 * the file from disk as it goes, so that any size fits. Sent again with the same key, it is answered with the same task.
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
const STILL_WAITING = "The service still waits for the rest of an upload of this file that broke off.";

function failure(status: number, body: unknown): UploadFailed {
  if (status === KEY_IN_USE) return new UploadFailed("not-now", STILL_WAITING);
  const why = status === UNAUTHORIZED ? "signed-out" : isPassing(status) && status !== NO_ROOM ? "not-now" : "no";
  if (why === "signed-out") tellUnauthorized();
  return new UploadFailed(why, detailOf(body) ?? `The service did not take the file (HTTP ${status}).`);
}

/** A browser says of a file that was changed after it was chosen, and of a lost connection, the same: nothing. */
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
    return null; // not the API's own answer, but for example a proxy's page
  }
}

function isTask(body: unknown): body is Task {
  return typeof body === "object" && body !== null && "id" in body && typeof body.id === "string" && "status" in body;
}
