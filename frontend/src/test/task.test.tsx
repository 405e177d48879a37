import { screen, waitFor, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { expect, test } from "vitest";
import { renderApp } from "./render";
import { doneTask, ID, MD5, problem, server, taskWith } from "./server";

const LONG = { timeout: 5000 };

test("an id in the address opens its task", async () => {
  server.use(http.get(`*/v1/tasks/${ID}`, () => HttpResponse.json(doneTask({ result: { md5: MD5, expected: MD5, match: true } }))));
  history.replaceState(null, "", `/?id=${ID}`);
  renderApp();
  expect((await screen.findByTestId("verdict")).textContent).toBe("It matches the expected MD5");
  expect(screen.getByRole("article", { name: "sample.fastq.gz" })).toBeTruthy();
});

test("looking an id up by a pasted link puts it into the address; an unknown one is said to be unknown", async () => {
  server.use(http.get(`*/v1/tasks/${ID}`, () => HttpResponse.json(problem(404, "not_found", "no such task"), { status: 404 })));
  const user = renderApp();
  const field = screen.getByLabelText(/Id, or a link/);
  await user.type(field, `  https://md5.example/?id=${ID} `);
  await user.click(screen.getByRole("button", { name: "Look up" }));
  expect(await screen.findByText("There is no task with this id.")).toBeTruthy();
  expect(location.search).toBe(`?id=${ID}`);

  await user.clear(field);
  await user.type(field, "../../etc{Enter}"); // never sent: an unhandled request would fail the test
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
  expect(await card.findByText(/The service cannot be reached; still trying/, {}, LONG)).toBeTruthy();
  expect(card.getByText(/Being hashed/)).toBeTruthy();
  answer = () => HttpResponse.json(problem(503, "unavailable", "the database is away"), { status: 503 });
  expect(await card.findByText(/The database is away\./, {}, LONG)).toBeTruthy();
  answer = () => HttpResponse.json(doneTask());
  expect((await screen.findByTestId("md5", {}, LONG)).textContent).toBe(MD5);
  expect(card.queryByText(/cannot be reached/)).toBeNull();
}, 15_000);

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
