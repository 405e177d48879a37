/** The service refused the request. `message` is shown to the user. */
export class Refused extends Error {
  override name = "Refused";
  readonly status: number;

  constructor(status: number, detail: string) {
    super(detail);
    this.status = status;
  }
}

/** No answer, or one that means "not now": the same request may succeed later. */
export class ServiceAway extends Error {
  override name = "ServiceAway";
}

const PASSING = new Set([408, 425, 429]);

/** Whether the same request may succeed later. */
export const isPassing = (status: number): boolean => status >= 500 || PASSING.has(status);

/** What a 4xx or 5xx means; `body` is a problem document if it is from the API, or anything if it is from a proxy. */
export function errorOf(status: number, body: unknown): Refused | ServiceAway {
  const detail = detailOf(body);
  if (isPassing(status)) return new ServiceAway(detail ?? "");
  return new Refused(status, detail ?? `The service refused the request (HTTP ${status}).`);
}

/** The `detail` of a problem document (RFC 9457), as a sentence. */
export function detailOf(body: unknown): string | null {
  if (typeof body !== "object" || body === null || !("detail" in body)) return null;
  return typeof body.detail === "string" && body.detail !== "" ? sentence(body.detail) : null;
}

function sentence(text: string): string {
  const begun = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
