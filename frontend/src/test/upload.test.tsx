import { screen, waitFor, within } from "@testing-library/react";
import { delay, http, HttpResponse } from "msw";
import { expect, test } from "vitest";
import type { Task } from "../api/types";
import { renderApp, renderAt } from "./render";
import { doneTask, ID, MD5, problem, server, taskWith } from "./server";

const FILE = new File(["abc"], "sample <b>&.fastq.gz");

/** Take files, remember the requests, and answer for the task with `task`, or with what `becomes` said last. */
function serve(task: Task) {
  const taken: Request[] = [];
  let now = task;
  server.use(
    http.post("*/v1/tasks", ({ request }) => {
      taken.push(request);
      return HttpResponse.json(taskWith({}), { status: 202 });
    }),
    http.get(`*/v1/tasks/${ID}`, () => HttpResponse.json(now)),
  );
  const becomes = (next: Task) => {
    now = next;
  };
  return { taken, becomes };
}

test("a file becomes an id at once, and then its MD5", async () => {
  const { taken, becomes } = serve(taskWith({}));
  const user = renderApp();
  expect(screen.getByRole("heading", { name: "How it works" })).toBeTruthy();

  await user.upload(screen.getByLabelText("Choose files"), FILE);

  expect((await screen.findByTestId("id")).textContent).toBe(ID);
  expect(screen.getByTestId("status").textContent).toBe("Queued");
  becomes(taskWith({ status: "running", attempt: 1, progress: { done: 1, total: 3, unit: "bytes" } }));
  await waitFor(() => {
    expect(screen.getByTestId("status").textContent).toBe("Being hashed, 33 %");
  });
  becomes(doneTask());
  expect((await screen.findByTestId("md5")).textContent).toBe(MD5);
  expect(screen.getByTestId("status").textContent).toBe("Done");
  expect(screen.queryByRole("button", { name: /^Cancel/ })).toBeNull();
  expect(screen.queryByTestId("verdict")).toBeNull();

  const url = new URL(taken[0]?.url ?? "");
  expect(Object.fromEntries(url.searchParams)).toEqual({ kind: "md5", filename: FILE.name });
  expect(taken[0]?.headers.get("content-type")).toBe("application/octet-stream");
  expect(await taken[0]?.text()).toBe("abc");
});

test("a file that is not the expected one says so, with both digests", async () => {
  const expected = "0".repeat(32);
  const { taken } = serve(doneTask({ result: { md5: MD5, expected, match: false } }));
  const user = renderAt("/?job=check");
  await user.type(screen.getByLabelText(/Expected MD5/), `${expected.toUpperCase()}  sample.fastq.gz`);
  await user.upload(screen.getByLabelText("Choose files"), FILE);

  expect((await screen.findByTestId("verdict")).textContent).toBe(`Does not match. Expected: ${expected}`);
  expect(screen.getByTestId("status").textContent).toBe("Does not match");
  expect(screen.getByTestId("md5").textContent).toBe(MD5);
  expect(new URL(taken[0]?.url ?? "").searchParams.get("expected_md5")).toBe(expected);
  expect(screen.getByLabelText<HTMLTextAreaElement>(/Expected MD5/).value).toBe("");
});

test("an expected digest is for one file, and with a wrong one nothing is uploaded", async () => {
  const { taken } = serve(doneTask());
  const user = renderAt("/?job=check");
  const field = screen.getByLabelText(/Expected MD5/);
  await user.type(field, MD5);
  await user.upload(screen.getByLabelText("Choose files"), [FILE, FILE]);
  expect(await screen.findByText(/one expected MD5 is for one file, but you chose 2/)).toBeTruthy();

  await user.clear(field);
  await user.type(field, "d41d8cd9");
  await user.upload(screen.getByLabelText("Choose files"), FILE);
  expect((await screen.findByText(/correct the expected MD5s first/)).textContent).toContain("An MD5 is 32 digits");
  expect(screen.queryAllByTestId("file")).toHaveLength(0);
  expect(taken).toHaveLength(0);
});

test("an upload that breaks off says so, and is retried automatically once the service can be reached", async () => {
  const user = renderApp();
  let isThere = false;
  server.use(
    http.post("*/v1/tasks", () => HttpResponse.error()),
    http.get("*/healthz", () => (isThere ? HttpResponse.json({ status: "ok" }) : HttpResponse.error())),
  );
  await user.upload(screen.getByLabelText("Choose files"), FILE);
  const card = within(await screen.findByTestId("file"));
  expect(await card.findByText(/The connection was lost.*retried automatically/)).toBeTruthy();

  serve(doneTask());
  isThere = true;
  expect((await screen.findByTestId("md5")).textContent).toBe(MD5);
});

test("a file that the service cannot accept now is uploaded later, automatically", async () => {
  const user = renderApp();
  server.use(
    http.post("*/v1/tasks", () => HttpResponse.json(problem(503, "unavailable", "the database is away"), { status: 503 })),
    http.get("*/healthz", () => HttpResponse.json({ status: "ok" })),
  );
  await user.upload(screen.getByLabelText("Choose files"), FILE);
  expect(await screen.findByText(/The database is away\. The upload is retried automatically/)).toBeTruthy();
  serve(doneTask());
  expect((await screen.findByTestId("md5")).textContent).toBe(MD5);
});

test("every attempt for a file has the same key, and waits while the service still has the one that broke off", async () => {
  const keys: (string | null)[] = [];
  const answers = [
    () => HttpResponse.error(),
    () => HttpResponse.json(problem(409, "idempotency_key_in_use", "still being received"), { status: 409 }),
    () => HttpResponse.json(taskWith({}), { status: 202 }),
  ];
  const user = renderApp();
  server.use(
    http.post("*/v1/tasks", ({ request }) => {
      keys.push(request.headers.get("Idempotency-Key"));
      return answers.shift()?.() ?? HttpResponse.error();
    }),
    http.get("*/healthz", () => HttpResponse.json({ status: "ok" })),
    http.get(`*/v1/tasks/${ID}`, () => HttpResponse.json(doneTask())),
  );
  await user.upload(screen.getByLabelText("Choose files"), FILE);
  expect(await screen.findByText(/still waiting for an earlier upload.*retried automatically/)).toBeTruthy();
  expect((await screen.findByTestId("md5")).textContent).toBe(MD5);
  await user.upload(screen.getByLabelText("Choose files"), FILE);
  await waitFor(() => {
    expect(keys).toHaveLength(4);
  });
  expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
  expect(keys.slice(1, 3)).toEqual([keys[0], keys[0]]);
  expect(keys[3]).not.toBe(keys[0]);
});

test("a file that was deleted meanwhile is not taken for a network error", async () => {
  const user = renderApp();
  server.use(http.post("*/v1/tasks", () => HttpResponse.error()));
  const gone = new File(["abc"], "gone");
  gone.slice = () => {
    throw new DOMException("gone", "NotReadableError");
  };
  await user.upload(screen.getByLabelText("Choose files"), gone);
  expect(await within(await screen.findByTestId("file")).findByText(/can no longer be read/)).toBeTruthy();

  serve(doneTask());
  await user.click(screen.getByRole("button", { name: /^Retry/ }));
  expect((await screen.findByTestId("md5")).textContent).toBe(MD5);
});

test("what the service says about a file that it does not take is shown", async () => {
  const user = renderApp();
  server.use(http.post("*/v1/tasks", () => HttpResponse.json(problem(413, "too_large", "the file is larger than 10 bytes"), { status: 413 })));
  await user.upload(screen.getByLabelText("Choose files"), FILE);
  const card = within(await screen.findByTestId("file"));
  expect(await card.findByText("The file is larger than 10 bytes.")).toBeTruthy();
});

test("three uploads at a time; the others wait, and any can be cancelled", async () => {
  server.use(http.post("*/v1/tasks", () => delay("infinite")));
  const user = renderApp();
  const files = ["a", "b", "c", "d"].map((name) => new File(["x"], name));
  await user.upload(screen.getByLabelText("Choose files"), files);
  expect(await screen.findAllByText(/^Uploading/)).toHaveLength(3);
  expect(within(screen.getByRole("article", { name: "d" })).getByText("Waiting to upload")).toBeTruthy();

  await user.click(screen.getByRole("button", { name: "Cancel the upload of a" }));
  await waitFor(() => {
    expect(screen.getByRole("article", { name: "d" }).dataset.status).toBe("upload-sending");
  });
  expect(screen.getByRole("article", { name: "a" }).dataset.status).toBe("upload-stopped");
});
