import { client, dataOf } from "../../api/client";
import { withTimeout } from "../../api/retrying";
import type { ContactPage } from "./types";

const PAGE_SIZE = 50;

/** A page of contacts, in the order of their addresses. `null`: no filter. */
export function fetchContacts(filters: Record<"email" | "task" | "cursor", string | null>, signal: AbortSignal): Promise<ContactPage> {
  const given = Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== null));
  return dataOf(client.GET("/v1/contacts", { params: { query: { ...given, limit: PAGE_SIZE } }, signal: withTimeout(signal) }), signal);
}
