import { screen, waitFor, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { beforeEach, expect, test } from "vitest";
import type { Stats, Task } from "../api/types";
import { charts } from "./charts";
import { renderApp } from "./render";
import { doneTask, MD5, problem, server, taskWith } from "./server";

const id = (number: number) => `0199a1b2-c3d4-7e5f-8a9b-${String(number).padStart(12, "0")}`;

const STATS: Stats = {
  counts: [
    { kind: "md5", status: "done", tasks: 1200 },
    { kind: "md5", status: "queued", tasks: 2 },
  ],
  last_hour: [
    { minute: "2026-03-12T13:02:00Z", done: 40, failed: 1, cancelled: 0 },
    { minute: "2026-03-12T13:03:00Z", done: 2, failed: 0, cancelled: 3 },
  ],
  oldest_unfinished_s: 130,
};

/** Answer with these tasks, and remember what was asked. */
function serve(tasks: Task[], next: string | null = null) {
  const asked: string[] = [];
  server.use(
    http.get("*/v1/stats", () => HttpResponse.json(STATS)),
    http.get("*/v1/tasks", ({ request }) => {
      asked.push(new URL(request.url).search);
      return HttpResponse.json({ items: tasks, next });
    }),
    http.get("*/v1/tasks/:id", ({ params }) => HttpResponse.json(tasks.find((task) => task.id === params.id))),
  );
  return asked;
}

function renderTasks(search = "") {
  history.replaceState(null, "", `/tasks${search}`);
  return renderApp();
}

const rows = () => screen.queryAllByTestId("task").map((row) => within(row).getAllByRole("link")[0]?.textContent);

beforeEach(() => {
  charts.length = 0;
});

test("all tasks are listed, with how many there are, how it went in the last hour, and for how long the oldest waits", async () => {
  serve([doneTask({ id: id(1), filename: "a.bam" }), taskWith({ id: id(2), filename: "b.bam", batch: "run 7" })]);
  renderTasks();
  await waitFor(() => {
    expect(rows()).toEqual(["a.bam", "b.bam"]);
  });
  expect(screen.getByText(MD5)).toBeTruthy();
  expect((await screen.findByTestId("count-done")).textContent).toBe("1,200");
  expect(screen.getByTestId("count-queued").textContent).toBe("2");
  expect(screen.getByTestId("count-failed").textContent).toBe("0");
  expect(screen.getByTestId("oldest").textContent).toBe("The oldest that has not ended was handed over 2 min ago.");
  expect(screen.getByTestId("last-hour").textContent).toBe("In the last hour: 42 done, 1 failed, 3 cancelled; at most 41 in a minute.");
  expect(charts.at(-1)).toEqual([expect.anything(), [41, 5], [41, 2], [40, 2]]); // each stands on those before
  expect(screen.getByRole("link", { name: "Tasks" }).getAttribute("aria-current")).toBe("page");
  expect(document.title).toBe("All tasks · File Intake");
});

test("filters go into the address and to the service; the address alone says the same", async () => {
  const asked = serve([]);
  const user = renderTasks("?cursor=abc&status=failed");
  await screen.findByText(/No task is like that/);
  expect(asked.at(-1)).toBe("?status=failed&cursor=abc&limit=50");
  await user.type(screen.getByLabelText("Part of the name"), " .bam ");
  await user.type(screen.getByLabelText("MD5"), `${MD5.toUpperCase()}  a.bam{Enter}`);
  expect(location.search).toBe(`?status=failed&filename__contains=.bam&md5=${MD5}`);
  await waitFor(() => {
    expect(asked.at(-1)).toBe(`${location.search}&limit=50`);
  });
  await user.selectOptions(screen.getByLabelText("Status"), "done");
  expect(location.search).toContain("status=done");

  await user.click(screen.getAllByRole("link", { name: "Show all" })[0] ?? document.body);
  expect(location.search).toBe("");
  expect(screen.getByLabelText<HTMLInputElement>("Part of the name").value).toBe("");
  expect(await screen.findByText(/Nothing has been handed over yet/)).toBeTruthy();
});

test("a digest that is none is told, and the list stays", async () => {
  serve([doneTask({ id: id(1) })]);
  const user = renderTasks();
  await user.type(await screen.findByLabelText("MD5"), "d41d8cd9{Enter}");
  expect(screen.getByText(/An MD5 is 32 digits/)).toBeTruthy();
  expect(location.search).toBe("");
});

test("what is selected is cancelled or tried again; what could not be is told, with the reason", async () => {
  const tasks = [
    taskWith({ id: id(1), filename: "waits" }),
    taskWith({ id: id(2), filename: "ended meanwhile" }),
    taskWith({ id: id(3), filename: "cancelled before", status: "cancelled", outcome: "cancelled" }),
    doneTask({ id: id(4), filename: "done" }),
  ];
  serve(tasks);
  const asked: string[] = [];
  server.use(
    http.delete("*/v1/tasks/:id", ({ params }) => {
      asked.push(`cancel ${String(params.id)}`);
      if (params.id === id(2)) return HttpResponse.json(problem(409, "conflict", "this task has already ended"), { status: 409 });
      return HttpResponse.json({ ...tasks[0], status: "cancelled", outcome: "cancelled" });
    }),
    http.post("*/v1/tasks/:id/retry", ({ params }) => {
      asked.push(`retry ${String(params.id)}`);
      return HttpResponse.json(taskWith({ id: id(5) }), { status: 202 });
    }),
  );
  const user = renderTasks();
  await user.click(await screen.findByLabelText("Select all that are shown"));
  expect(screen.getByRole("button", { name: "Cancel 2" })).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Cancel 2" }));
  expect(await screen.findByText("1 cancelled. 1 could not be: This task has already ended.")).toBeTruthy();
  expect(asked).toEqual([`cancel ${id(1)}`, `cancel ${id(2)}`]);
  expect(within(screen.getAllByTestId("task")[0] ?? document.body).getByText("Cancelled")).toBeTruthy();

  await user.click(screen.getByLabelText("Select cancelled before"));
  await user.click(screen.getByRole("button", { name: "Try again 1" }));
  expect(await screen.findByText("1 queued to be tried again.")).toBeTruthy();
  expect(asked.at(-1)).toBe(`retry ${id(3)}`);
  expect(screen.queryByRole("button", { name: /^Try again/ })).toBeNull(); // nothing is selected any more
});

test("new tasks come into the list by themselves, but not while something in it is selected", async () => {
  serve([taskWith({ id: id(1), filename: "first" })]);
  const user = renderTasks();
  await user.click(await screen.findByLabelText("Select first"));
  const asked = serve([taskWith({ id: id(2), filename: "second" }), taskWith({ id: id(1), filename: "first" })]);
  await new Promise((resolve) => setTimeout(resolve, 2500));
  expect([asked, rows()]).toEqual([[], ["first"]]);
  await user.click(screen.getByRole("button", { name: "Select none" }));
  await waitFor(() => {
    expect(rows()).toEqual(["second", "first"]);
  });
});

test("a row tells by itself what becomes of its task", async () => {
  serve([taskWith({ id: id(1) })]);
  renderTasks();
  await screen.findByTestId("task");
  server.use(http.get(`*/v1/tasks/${id(1)}`, () => HttpResponse.json(doneTask({ id: id(1), result: { md5: MD5, expected: "0".repeat(32), match: false } }))));
  expect(await screen.findByText("does not match")).toBeTruthy();
});

test("older pages and the newest one are links", async () => {
  serve([doneTask({ id: id(1) })], "next-one");
  const user = renderTasks("?batch=run+7");
  await user.click(await screen.findByRole("link", { name: "Older" }));
  expect(location.search).toBe("?batch=run+7&cursor=next-one");
  expect((await screen.findByRole("link", { name: "Newest" })).getAttribute("href")).toBe("/tasks?batch=run+7");
});

test("a service that is away, and one that refuses, say so", async () => {
  server.use(
    http.get("*/v1/stats", () => HttpResponse.error()),
    http.get("*/v1/tasks", () => HttpResponse.json(problem(422, "invalid_input", "parameter cursor: take it unchanged"), { status: 422 })),
  );
  renderTasks("?cursor=x");
  expect(await screen.findByText("Parameter cursor: take it unchanged.")).toBeTruthy();
  expect(screen.getAllByText(/The service cannot be reached; still trying/)).toHaveLength(1);
});
