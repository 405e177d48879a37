import createClient from "openapi-fetch";
import { errorOf, ServiceAway } from "./errors";
import type { paths } from "./schema.gen";
import { tellUnauthorized } from "./unauthorized";

// `fetch` is looked up at each call, so that tests can replace it.
export const client = createClient<paths>({ baseUrl: location.origin, fetch: (request) => fetch(request) });

client.use({
  onResponse({ response, schemaPath }) {
    if (response.status === 401 && schemaPath !== "/v1/session") tellUnauthorized(); // there it is about the key that was just typed
  },
});

interface Answer<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/** The data of an answer. Throws Refused or ServiceAway, or the AbortError of a caller that aborts. */
export async function dataOf<Data>(request: Promise<Answer<Data>>, signal?: AbortSignal): Promise<Data> {
  let answer: Answer<Data>;
  try {
    answer = await request;
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ServiceAway("", { cause: error }); // no connection, a timeout, or a body that is not JSON
  }
  if (!answer.response.ok) throw errorOf(answer.response.status, answer.error);
  return answer.data as Data; // undefined for a 204, as its type says
}
