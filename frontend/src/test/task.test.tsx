import { screen, waitFor, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { expect, test, vi } from "vitest";
import { renderApp } from "./render";
import { doneTask, ID, MD5, problem, server, taskWith } from "./server";

test("an id in the address opens its task", async () => {
  server.use(http.get(`*/v1/tasks/${ID}`, () => HttpResponse.json(doneTask({ result: { md5: MD5, expected: MD5, match: true } }))));
  history.replaceState(null, "", `/?id=${ID}`);
  renderApp();
  expect((await screen.findByTestId("verdict")).textContent).toBe("It matches the expected MD5");
  expect(screen.getByRole("article", { name: "sample.fastq.gz" })).toBeTruthy();
});

test("looking an id up by a pasted link leads to its page; an unknown one is said to be unknown", async () => {
  server.use(http.get(`*/v1/tasks/${ID}`, () => HttpResponse.json(problem(404, "not_found", "no such task"), { status: 404 })));
  const user = renderApp();
  await user.type(screen.getByLabelText(/Id, or a link/), `  https://md5.example/?id=${ID} `);
  await user.click(screen.getByRole("button", { name: "Look up" }));
  expect(await screen.findByText("There is no task with this id.")).toBeTruthy();
  expect(location.pathname).toBe(`/tasks/${ID}`);

  await user.click(screen.getByRole("link", { name: "Upload" }));
  await user.type(screen.getByLabelText(/Id, or a link/), "../../etc{Enter}"); // never sent: an unhandled request would fail the test
  expect(screen.getByText(/An id has 36 characters/)).toBeTruthy();
  expect(screen.getByText("There is no task with this id.")).toBeTruthy();
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
    "Received, stored and queued",
    "Queued again: the worker ended; loss 1 of 5",
    "A worker began",
    "The result was stored",
    "Its line was written to the log",
  ]);
  expect(screen.getByRole("link", { name: "Download" }).getAttribute("href")).toBe(`/v1/tasks/${ID}/file`);
  expect(screen.queryByRole("button", { name: "Try again" })).toBeNull();
  expect(screen.getByText(`curl 'http://localhost:3000/v1/tasks/${ID}'`)).toBeTruthy();
  expect(JSON.parse(screen.getByTestId("json").textContent)).toMatchObject({ id: ID, result: { md5: MD5 } });
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
  await user.click(await screen.findByRole("button", { name: "Delete its bytes" }));
  expect(deletedAt).toBeNull();
  await user.click(screen.getByRole("button", { name: "Delete its bytes" }));
  expect(await screen.findByText("Its bytes were deleted, as was asked for")).toBeTruthy();
  expect(screen.queryByRole("link", { name: "Download" })).toBeNull();
  expect(asked).toHaveBeenCalledTimes(2);
  vi.unstubAllGlobals();
});

test("what was cancelled can be tried again, and leads to the new task; not when its bytes are gone", async () => {
  const again = ID.replace(/^0199/, "0299");
  const cancelled = taskWith({ status: "cancelled", outcome: "cancelled" });
  server.use(
    http.get(`*/v1/tasks/${ID}`, () => HttpResponse.json(cancelled)),
    http.post(`*/v1/tasks/${ID}/retry`, () => HttpResponse.json({ ...doneTask(), id: again, retry_of: ID, kept: false }, { status: 202 })),
  );
  globalThis.history.replaceState(null, "", `/tasks/${ID}`);
  const user = renderApp();
  await user.click(await screen.findByRole("button", { name: "Try again" }));
  expect((await screen.findByTestId("md5")).textContent).toBe(MD5);
  expect(location.pathname).toBe(`/tasks/${again}`);
  expect(screen.getByText(/no longer kept/)).toBeTruthy();
  expect(screen.queryByRole("link", { name: "Download" })).toBeNull();
});
