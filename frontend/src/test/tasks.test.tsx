import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/react";
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
  mismatches: 3,
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

function fold(details: HTMLDetailsElement | null, isOpen: boolean) {
  if (details === null) throw new Error("nothing to fold");
  details.open = isOpen;
  fireEvent(details, new Event("toggle"));
}

beforeEach(() => {
  charts.length = 0;
  localStorage.clear();
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
  expect(screen.getByTestId("count-mismatch").closest("a")?.getAttribute("href")).toBe("/tasks?verdict=mismatch");
  expect(screen.queryByTestId("count-waiting")).toBeNull();
  expect(screen.getByTestId("oldest").textContent).toBe("The oldest unfinished task was uploaded 2 min ago.");
  expect(screen.getByTestId("last-hour").textContent).toBe("Last hour: 42 done, 1 failed, 3 cancelled; at most 41 per minute");
  expect(charts).toEqual([]);
  const first = within(screen.getAllByTestId("task")[0] ?? document.body);
  expect(first.getAllByRole("cell").map(({ textContent }) => textContent).slice(1, 7)).toEqual(["a.bam", "Done", MD5, "MD5", "3 bytes", ""]);
  expect(screen.getByRole("link", { name: "run 7" }).getAttribute("href")).toBe("/tasks?batch=run+7");
  expect(screen.getByRole("link", { name: "Export CSV" }).getAttribute("href")).toBe("/v1/tasks.csv");

  const chart = screen.getByTestId("last-hour").closest("details");
  fold(chart, true);
  await waitFor(() => {
    expect(charts.length).toBeGreaterThan(0);
  });
  expect(charts.at(-1)).toEqual([expect.anything(), [41, 5], [41, 2], [40, 2]]); // each stands on those before
  cleanup();
  renderTasks();
  expect((await screen.findByTestId("last-hour")).closest("details")?.open).toBe(true); // it is remembered
  fold(screen.getByTestId("last-hour").closest("details"), false);
  expect(screen.getByRole("link", { name: "Tasks" }).getAttribute("aria-current")).toBe("page");
  expect(document.title).toBe("All tasks · File Intake");
});

test("filters go into the address and to the service; the address alone says the same", async () => {
  const asked = serve([]);
  const user = renderTasks("?cursor=abc&status=failed");
  await screen.findByText("No tasks match.");
  expect(asked.at(-1)).toBe("?status=failed&cursor=abc&limit=50");
  await user.type(screen.getByLabelText("File name"), " .bam ");
  await user.type(screen.getByLabelText("MD5"), `${MD5.toUpperCase()}  a.bam{Enter}`);
  expect(location.search).toBe(`?status=failed&filename__contains=.bam&md5=${MD5}`);
  await waitFor(() => {
    expect(asked.at(-1)).toBe(`${location.search}&limit=50`);
  });
  await user.selectOptions(screen.getByLabelText("Status"), "done");
  expect(location.search).toContain("status=done");

  await user.click(screen.getByRole("link", { name: "Clear filters" }));
  expect(location.search).toBe("");
  expect((await screen.findByText(/No files have been uploaded yet/)).textContent).toContain("Upload a file");
  expect(screen.queryByRole("form", { name: "Filters" })).toBeNull(); // nothing to filter
  expect(screen.queryByTestId("count-done")).toBeNull();
});

test("days are whole ones of the local time, and what is not as expected is one click away", async () => {
  const asked = serve([doneTask({ id: id(1) })]);
  const user = renderTasks();
  const filters = () => new URLSearchParams(location.search);
  const [from, to] = [await screen.findByLabelText<HTMLInputElement>("From"), screen.getByLabelText<HTMLInputElement>("To")];
  fireEvent.change(from, { target: { value: "2026-03-12" } });
  fireEvent.change(to, { target: { value: "2026-03-12" } });
  const [after, before] = [new Date(2026, 2, 12), new Date(2026, 2, 13)];
  expect([Date.parse(filters().get("created_after") ?? ""), Date.parse(filters().get("created_before") ?? "")]).toEqual([after.getTime(), before.getTime()]);
  expect([from.value, to.value]).toEqual(["2026-03-12", "2026-03-12"]);
  await user.selectOptions(screen.getByLabelText("Verdict"), "does not match");
  expect(filters().get("verdict")).toBe("mismatch");
  await waitFor(() => {
    expect(asked.at(-1)).toBe(`${location.search}&limit=50`);
  });
  expect(screen.getByRole("link", { name: "Export CSV" }).getAttribute("href")).toBe(`/v1/tasks.csv${location.search}`);
  const address = location.search;
  fireEvent.change(from, { target: { value: "0002-03-12" } }); // a year that is being typed
  expect([location.search, from.value]).toEqual([address, "0002-03-12"]);
  fireEvent.change(from, { target: { value: "" } });
  expect(filters().has("created_after")).toBe(false);
});

test("a digest that is none is told, and the list stays", async () => {
  serve([doneTask({ id: id(1) })]);
  const user = renderTasks();
  await user.type(await screen.findByLabelText("MD5"), "d41d8cd9{Enter}");
  expect(screen.getByText(/An MD5 is 32 digits/)).toBeTruthy();
  expect(location.search).toBe("");
});

test("what is selected is cancelled or retried; what could not be is told, with the reason", async () => {
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
  await user.click(await screen.findByLabelText("Select all on this page"));
  expect(screen.getByRole("button", { name: "Cancel 2" })).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Cancel 2" }));
  expect(await screen.findByText("1 task cancelled. 1 not changed: This task has already ended.")).toBeTruthy();
  expect(asked).toEqual([`cancel ${id(1)}`, `cancel ${id(2)}`]);
  expect(within(screen.getAllByTestId("task")[0] ?? document.body).getByText("Cancelled")).toBeTruthy();

  await user.click(screen.getByLabelText("Select cancelled before"));
  await user.click(screen.getByRole("button", { name: "Retry 1" }));
  expect(await screen.findByText("1 task queued for a retry.")).toBeTruthy();
  expect(asked.at(-1)).toBe(`retry ${id(3)}`);
  expect(screen.queryByRole("button", { name: /^Retry/ })).toBeNull(); // nothing is selected any more
});

test("a button that can do nothing says why, and does nothing", async () => {
  const gone = taskWith({ id: id(2), filename: "gone", status: "failed", outcome: "failed", kept: false });
  serve([doneTask({ id: id(1), filename: "done" }), gone]);
  const user = renderTasks();
  await user.click(await screen.findByLabelText("Select done"));
  const retry = screen.getByRole("button", { name: "Retry" });
  expect(screen.getByText("Only failed or cancelled tasks can be retried.").id).toBe(retry.getAttribute("aria-describedby"));
  await user.click(retry);
  await user.click(screen.getByRole("button", { name: "Cancel" })); // asked nothing: an unhandled request would fail the test
  expect(screen.getByText("Only unfinished tasks can be cancelled.")).toBeTruthy();
  await user.click(screen.getByLabelText("Select gone"));
  expect(screen.getByText("These files are no longer stored: upload them again.")).toBeTruthy();
});

test("new tasks come into the list by themselves, but not while something in it is selected", async () => {
  serve([taskWith({ id: id(1), filename: "first" })]);
  const user = renderTasks();
  await user.click(await screen.findByLabelText("Select first"));
  const asked = serve([taskWith({ id: id(2), filename: "second" }), taskWith({ id: id(1), filename: "first" })]);
  await new Promise((resolve) => setTimeout(resolve, 2500));
  expect([asked, rows()]).toEqual([[], ["first"]]);
  await user.click(screen.getByRole("button", { name: "Clear selection" }));
  await waitFor(() => {
    expect(rows()).toEqual(["second", "first"]);
  });
});

test("a row tells by itself what becomes of its task", async () => {
  serve([taskWith({ id: id(1) })]);
  renderTasks();
  await screen.findByTestId("task");
  server.use(http.get(`*/v1/tasks/${id(1)}`, () => HttpResponse.json(doneTask({ id: id(1), result: { md5: MD5, expected: "0".repeat(32), match: false } }))));
  expect(await screen.findByText("Does not match")).toBeTruthy();
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

test("every filter of the address is seen in its field", async () => {
  serve([doneTask({ id: id(1) })]);
  const user = renderTasks("?verdict=none&status=receiving");
  const shown = (label: string) => screen.getByLabelText<HTMLSelectElement>(label).selectedOptions[0]?.textContent;
  await screen.findByLabelText("Verdict");
  expect([shown("Verdict"), shown("Status")]).toEqual(["none", "receiving"]);
  await user.selectOptions(screen.getByLabelText("Status"), "any");
  await user.selectOptions(screen.getByLabelText("Verdict"), "match");
  expect(location.search).toBe("?verdict=match");
  expect(within(screen.getByLabelText("Status")).queryByRole("option", { name: "receiving" })).toBeNull();
});
