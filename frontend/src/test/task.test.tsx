import { cleanup, screen, waitFor, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { expect, test, vi } from "vitest";
import { renderApp, renderAt } from "./render";
import { doneTask, ID, MD5, problem, server, taskWith } from "./server";

test("an id in the address opens its task", async () => {
  server.use(http.get(`*/v1/tasks/${ID}`, () => HttpResponse.json(doneTask({ result: { md5: MD5, expected: MD5, match: true } }))));
  history.replaceState(null, "", `/?id=${ID}`);
  renderApp();
  expect((await screen.findByTestId("verdict")).textContent).toBe("It matches the expected MD5");
  expect(screen.getByRole("article", { name: "sample.fastq.gz" })).toBeTruthy();
});

const lookUp = () => screen.getByLabelText("Id, link, or part of a file name");

test("looking an id up by a pasted link leads to its page; an unknown one is said to be unknown, and can be looked up anew", async () => {
  server.use(http.get(`*/v1/tasks/${ID}`, () => HttpResponse.json(problem(404, "not_found", "no such task"), { status: 404 })));
  const user = renderApp();
  await user.type(lookUp(), `  https://md5.example/?id=${ID} `);
  await user.click(screen.getByRole("button", { name: "Look up" }));
  expect(await screen.findByText(/There is no task with this id\. Check the id/)).toBeTruthy();
  expect(location.pathname).toBe(`/tasks/${ID}`);
  expect(lookUp()).toBeTruthy();
});

test("what is no id, and no page, offers the look-up", async () => {
  renderAt("/tasks/nonsense"); // never asked for: an unhandled request would fail the test
  expect(screen.getByText(/This is not an id: an id has 36 characters/)).toBeTruthy();
  expect(lookUp()).toBeTruthy();
  cleanup();
  renderAt("/nothing/here");
  expect(screen.getByRole("heading", { name: "Page not found" })).toBeTruthy();
  expect(lookUp()).toBeTruthy();
  await waitFor(() => {
    expect(document.title).toContain("Page not found");
  });
});

test("a part of a file name leads to the only task that has it, else to the list of them", async () => {
  let found = [doneTask()];
  const asked: string[] = [];
  server.use(
    http.get(`*/v1/tasks/${ID}`, () => HttpResponse.json(doneTask())),
    http.get("*/v1/stats", () => HttpResponse.error()),
    http.get("*/v1/tasks", ({ request }) => {
      asked.push(new URL(request.url).search);
      return HttpResponse.json({ items: found, next: null });
    }),
  );
  const user = renderApp();
  await user.type(lookUp(), " ../sample&{Enter}");
  expect((await screen.findByTestId("md5")).textContent).toBe(MD5);
  expect([location.pathname, asked]).toEqual([`/tasks/${ID}`, ["?filename__contains=..%2Fsample%26&limit=2"]]);

  found = [];
  cleanup();
  renderAt("/");
  await user.type(lookUp(), "sample{Enter}");
  expect(await screen.findByText("No tasks match.")).toBeTruthy();
  expect(location.pathname + location.search).toBe("/tasks?filename__contains=sample");
});

test("a look-up that the service cannot answer leads to the list, which says so", async () => {
  server.use(
    http.get("*/v1/stats", () => HttpResponse.error()),
    http.get("*/v1/tasks", () => HttpResponse.error()),
  );
  const user = renderApp();
  await user.type(lookUp(), "sample{Enter}");
  expect((await screen.findAllByText(/The service cannot be reached/)).length).toBeGreaterThan(0);
  expect(location.pathname).toBe("/tasks");
});

test("a service that goes away is waited for, and comes back", async () => {
  let answer: () => Response = () => HttpResponse.json(taskWith({ status: "running" }));
  server.use(http.get(`*/v1/tasks/${ID}`, () => answer()));
  history.replaceState(null, "", `/?id=${ID}`);
  renderApp();
  const card = within(await screen.findByRole("article"));
  answer = () => HttpResponse.error();
  expect(await card.findByText(/The service cannot be reached; still trying/)).toBeTruthy();
  expect(card.getByText(/Being hashed/)).toBeTruthy();
  answer = () => HttpResponse.json(problem(503, "unavailable", "the database is away"), { status: 503 });
  expect(await card.findByText(/The database is away\./)).toBeTruthy();
  answer = () => HttpResponse.json(doneTask());
  expect((await screen.findByTestId("md5")).textContent).toBe(MD5);
  expect(card.queryByText(/cannot be reached/)).toBeNull();
});

test("a task can be cancelled until its outcome is set", async () => {
  let cancelled = false;
  server.use(
    http.get(`*/v1/tasks/${ID}`, () =>
      HttpResponse.json(cancelled ? taskWith({ status: "cancelled", outcome: "cancelled" }) : taskWith({ status: "running" })),
    ),
    http.delete(`*/v1/tasks/${ID}`, () => {
      cancelled = true;
      return HttpResponse.json(taskWith({ status: "computed", outcome: "cancelled" }));
    }),
  );
  history.replaceState(null, "", `/?id=${ID}`);
  const user = renderApp();
  await user.click(await screen.findByRole("button", { name: /^Cancel/ }));
  await waitFor(() => {
    expect(screen.getByTestId("status").textContent).toBe("Cancelled");
  });
  expect(screen.queryByRole("button", { name: /^Cancel/ })).toBeNull();
});

test("cancelling a task that ended meanwhile shows how it ended", async () => {
  let ended = false;
  server.use(
    http.get(`*/v1/tasks/${ID}`, () => HttpResponse.json(ended ? doneTask() : taskWith({ status: "running" }))),
    http.delete(`*/v1/tasks/${ID}`, () => {
      ended = true;
      return HttpResponse.json(problem(409, "conflict", "this task has already ended"), { status: 409 });
    }),
  );
  history.replaceState(null, "", `/?id=${ID}`);
  const user = renderApp();
  await user.click(await screen.findByRole("button", { name: /^Cancel/ }));
  expect((await screen.findByTestId("md5")).textContent).toBe(MD5);
  expect(screen.queryByText(/could not be cancelled/)).toBeNull();
});

test("the page of a task tells what happened, in order, and how a script asks", async () => {
  const history = [
    { at: "2026-03-12T13:03:22Z", status: "queued", reason: null },
    { at: "2026-03-12T13:03:23Z", status: "queued", reason: "the worker ended; loss 1 of 5" },
    { at: "2026-03-12T13:03:24Z", status: "running", reason: null },
    { at: "2026-03-12T13:03:25Z", status: "computed", reason: "done" },
    { at: "2026-03-12T13:03:25Z", status: "done", reason: "its line is in the log" },
  ] as const;
  server.use(http.get(`*/v1/tasks/${ID}`, () => HttpResponse.json(doneTask({ history: [...history] }))));
  globalThis.history.replaceState(null, "", `/tasks/${ID}`);
  renderApp();
  const steps = within(await screen.findByTestId("timeline")).getAllByRole("listitem");
  expect(steps.map((step) => step.querySelector("span")?.textContent)).toEqual([
    "Uploaded and queued",
    "Queued again: the worker ended; loss 1 of 5",
    "A worker started",
    "The result was stored",
    "The log line was written",
  ]);
  expect(screen.getByRole("link", { name: "Download" }).getAttribute("href")).toBe(`/v1/tasks/${ID}/file`);
  expect(steps[0]?.querySelector("time")?.textContent).toMatch(/ \d\d:03:22\.000$/);
  expect(screen.getByTestId("times").textContent).toMatch(/^Uploaded 2026-03-1\d \d\d:03, finished after 3\.0 s$/);
  expect(screen.getByTestId("kind").textContent).toBe("MD5");
  expect(screen.queryByRole("button", { name: "Retry" })).toBeNull();
  expect(screen.getByText(`curl 'http://localhost:3000/v1/tasks/${ID}'`)).toBeTruthy();
  expect(JSON.parse(screen.getByTestId("json").textContent)).toMatchObject({ id: ID, result: { md5: MD5 } });
});

test("a task says until when its file is stored, and a file that is not the expected one is no good news", async () => {
  const result = { md5: MD5, expected: "0".repeat(32), match: false };
  server.use(http.get(`*/v1/tasks/${ID}`, () => HttpResponse.json(doneTask({ kept_until: "2026-03-13T13:03:25Z", result }))));
  renderAt(`/tasks/${ID}`);
  expect((await screen.findByTestId("stored")).textContent).toMatch(/^The file is stored until 2026-03-1\d \d\d:03\./);
  const status = screen.getByTestId("status");
  expect([status.textContent, status.className]).toEqual(["Does not match", "status status-failed"]);
});

test("bytes are deleted when that is confirmed, and the task says so", async () => {
  let deletedAt: string | null = null;
  server.use(
    http.get(`*/v1/tasks/${ID}`, () => HttpResponse.json(doneTask({ kept: deletedAt === null, results_deleted_at: deletedAt }))),
    http.delete(`*/v1/tasks/${ID}/results`, () => {
      deletedAt = "2026-03-12T14:00:00Z";
      return new HttpResponse(null, { status: 204 });
    }),
  );
  globalThis.history.replaceState(null, "", `/tasks/${ID}`);
  const asked = vi.fn<typeof confirm>().mockReturnValueOnce(false).mockReturnValueOnce(true);
  vi.stubGlobal("confirm", asked);
  const user = renderApp();
  await user.click(await screen.findByRole("button", { name: "Delete the stored file" }));
  expect(deletedAt).toBeNull();
  await user.click(screen.getByRole("button", { name: "Delete the stored file" }));
  expect(await screen.findByText("The stored file was deleted on request")).toBeTruthy();
  expect(screen.queryByRole("link", { name: "Download" })).toBeNull();
  expect(asked).toHaveBeenCalledTimes(2);
  expect(asked.mock.calls[0]?.[0]).toMatch(/sample\.fastq\.gz[^]*can no longer be downloaded[^]*its result and its log line stay/);
  vi.unstubAllGlobals();
});

test("a cancelled task can be retried, and leads to the new task; not when its bytes are gone", async () => {
  const again = ID.replace(/^0199/, "0299");
  const cancelled = taskWith({ status: "cancelled", outcome: "cancelled" });
  server.use(
    http.get(`*/v1/tasks/${ID}`, () => HttpResponse.json(cancelled)),
    http.post(`*/v1/tasks/${ID}/retry`, () => HttpResponse.json({ ...doneTask(), id: again, retry_of: ID, kept: false }, { status: 202 })),
  );
  globalThis.history.replaceState(null, "", `/tasks/${ID}`);
  const user = renderApp();
  await user.click(await screen.findByRole("button", { name: "Retry" }));
  expect((await screen.findByTestId("md5")).textContent).toBe(MD5);
  expect(location.pathname).toBe(`/tasks/${again}`);
  expect(screen.getByText(/no longer stored/)).toBeTruthy();
  expect(screen.queryByRole("link", { name: "Download" })).toBeNull();
});

test("an open page notices that the stored file has expired", async () => {
  const until = new Date(Date.now() + 300).toISOString();
  let asked = 0;
  server.use(
    http.get(`*/v1/tasks/${ID}`, () => {
      asked += 1;
      return HttpResponse.json(doneTask({ kept: Date.now() < Date.parse(until), kept_until: until }));
    }),
  );
  renderAt(`/tasks/${ID}`);
  expect(await screen.findByText(/^The file is stored until/)).toBeTruthy();
  expect(await screen.findByText(/no longer stored/)).toBeTruthy();
  expect(asked).toBe(2);
});

test("a time of expiry further away than a timer can wait is not fetched at once", async () => {
  let asked = 0;
  server.use(
    http.get(`*/v1/tasks/${ID}`, () => {
      asked += 1;
      return HttpResponse.json(doneTask({ kept_until: "2999-01-01T00:00:00Z" }));
    }),
  );
  renderAt(`/tasks/${ID}`);
  await screen.findByText(/^The file is stored until 2999/);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(asked).toBe(1);
});

test("a task without a result does not say that its result stays", async () => {
  const cancelled = taskWith({ status: "cancelled", outcome: "cancelled", kept_until: "2999-01-01T00:00:00Z" });
  server.use(http.get(`*/v1/tasks/${ID}`, () => HttpResponse.json(cancelled)));
  renderAt(`/tasks/${ID}`);
  expect((await screen.findByTestId("stored")).textContent).toMatch(/The task and the log line stay\.$/);
  expect(screen.getByText(/The task and its log line stay\.$/)).toBeTruthy();
  expect(document.body.textContent).not.toMatch(/result (and|stays)/);
});
