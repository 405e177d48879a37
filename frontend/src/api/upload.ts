import { detailOf } from "./errors";
import type { Task } from "./types";

export interface Upload {
  done: Promise<Task>;
  stop: () => void;
}

/** The upload ended without an id; `message` is what the user reads. */
export class UploadFailed extends Error {
  override name = "UploadFailed";
}

const BROKE_OFF = "The upload broke off before the service answered: the connection was lost, or the file could no longer be read.";

/**
 * Sends a file as the raw body of one request. XMLHttpRequest, as fetch does not tell how much has been sent; it reads
 * the file from disk as it goes, so that any size fits.
 */
export function startUpload(file: File, expectedMd5: string | null, onSent: (bytes: number) => void): Upload {
  const query = new URLSearchParams({ kind: "md5", filename: file.name });
  if (expectedMd5 !== null) query.set("expected_md5", expectedMd5);
  const request = new XMLHttpRequest();
  let stop = () => {
    request.abort();
  };
  const done = new Promise<Task>((resolve, reject) => {
    request.upload.onprogress = (event) => {
      onSent(event.loaded);
    };
    request.onload = () => {
      const body = parsed(request.responseText);
      if (request.status === 202 && isTask(body)) resolve(body);
      else reject(new UploadFailed(detailOf(body) ?? `The service did not take the file (HTTP ${request.status}).`));
    };
    request.onerror = () => {
      reject(new UploadFailed(BROKE_OFF));
    };
    stop = () => {
      request.abort();
      reject(new DOMException("stopped", "AbortError"));
    };
  });
  request.open("POST", `/v1/tasks?${query.toString()}`);
  request.setRequestHeader("Content-Type", "application/octet-stream");
  request.setRequestHeader("Accept", "application/json");
  request.send(file);
  return { done, stop };
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
