import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { delay, http, HttpResponse } from "msw";
import { expect, test, vi } from "vitest";
import type { Task } from "../api/types";
import { ErrorBoundary } from "../shared/ErrorBoundary";
import type { Item } from "../upload/queue";
import { MOST_SAVED, unsavedIn } from "../upload/saved";
import { renderApp, renderAt } from "./render";
import { doneTask, ID, MD5, problem, server, taskWith } from "./server";

const file = (name: string) => new File(["abc"], name);

/** A service that has these tasks, by the names of their files, and takes no others: their uploads go on for ever. */
function serve(tasks: Record<string, Partial<Task>>) {
  const known = new Map(Object.entries(tasks).map(([filename, changes], index) => [filename, { ...doneTask(), ...changes, id: ID.slice(0, -1) + String(index), filename }]));
  const asked: string[] = [];
  server.use(
    http.post("*/v1/tasks", ({ request }) => {
      const task = known.get(new URL(request.url).searchParams.get("filename") ?? "");
      return task === undefined ? delay("infinite") : HttpResponse.json(task, { status: 202 });
    }),
    http.get("*/v1/tasks/:id", ({ params }) => {
      asked.push(String(params.id));
      const task = [...known.values()].find(({ id }) => id === params.id);
      return task === undefined ? HttpResponse.json(problem(404, "not_found", "no such task"), { status: 404 }) : HttpResponse.json(task);
    }),
  );
  return { known, asked };
}

const names = () => screen.queryAllByTestId("file").map((row) => row.getAttribute("aria-label"));
const shown = () => screen.queryAllByRole("article").map((row) => row.getAttribute("aria-label"));
const chip = (name: RegExp) => within(screen.getByRole("group", { name: "Show" })).getByRole("button", { name });
const choose = (user: ReturnType<typeof renderApp>, ...files: string[]) => user.upload(screen.getByLabelText("Choose files"), files.map(file));

/** As the browser does it: what is stored stays, the rest is gone. */
async function reload(isStored: (list: string) => boolean) {
  await waitFor(() => {
    expect(isStored(sessionStorage.getItem("file-intake:") ?? "")).toBe(true);
  });
  cleanup();
  return renderApp();
}

const entry = (name: string) => ({ name, size: 3, params: { kind: "md5" }, remark: null, taskId: null });
const storedList = (...files: unknown[]) => JSON.stringify({ version: 1, files });

const FAILED = { status: "failed", outcome: "failed", result: null, error: problem(500, "internal", "The file is gone.") } as const;
const MISMATCH = { result: { md5: MD5, expected: "0".repeat(32), match: false } };

test("problems come first, then what is in progress; chips narrow the list to them", async () => {
  serve({ fine: {}, running: taskWith({ status: "running", result: null }), bad: MISMATCH, lost: FAILED });
  const user = renderApp();
  await choose(user, "fine", "running", "bad", "lost", "slow");
  await waitFor(() => {
    expect(names()).toEqual(["bad", "lost", "running", "slow", "fine"]);
  });
  expect(screen.getByTestId("summary").textContent).toContain("5 files: 1 does not match, 1 failed, 1 to upload, 1 in progress, 1 done");
  const statuses = screen.getAllByTestId("status").map(({ textContent }) => textContent);
  expect(statuses.slice(0, 2)).toEqual(["Does not match", "Failed"]);
  expect(within(screen.getByRole("article", { name: "lost" })).getByText("The file is gone.")).toBeTruthy();

  await user.click(chip(/^Problems 2/));
  expect([shown(), chip(/^Problems/).getAttribute("aria-pressed")]).toEqual([["bad", "lost"], "true"]);
  await user.click(chip(/^In progress 2/));
  expect(shown()).toEqual(["running", "slow"]);
  await user.click(screen.getByRole("button", { name: "Cancel the upload of slow" }));
  expect(shown()).toEqual(["running"]);
  await user.click(chip(/^All 5/));
  expect(shown()).toHaveLength(5);
  expect(within(screen.getByRole("group", { name: "Show" })).queryByRole("button", { name: /^Missing/ })).toBeNull();
});

test("the id of a file and its times are in its row, once that is opened; a file alone is opened", async () => {
  serve({ a: {}, b: { kept_until: "2026-03-13T13:03:25Z" }, c: {} });
  const user = renderApp();
  await choose(user, "a");
  expect(await screen.findByTestId("id")).toBeTruthy();
  await choose(user, "b", "c");
  await waitFor(() => {
    expect(screen.getAllByTestId("md5")).toHaveLength(3);
  });
  const row = within(screen.getByRole("article", { name: "b" }));
  expect(row.queryByTestId("id")).toBeNull();
  await user.click(row.getByRole("button", { name: "b", expanded: false }));
  expect(row.getByRole("button", { name: "b", expanded: true })).toBeTruthy();
  expect(row.getByTestId("id").textContent).toBe(`${ID.slice(0, -1)}1`);
  expect(row.getByText(/file stored until/).textContent).toContain("2026-03-13");
});

test("the list is there again when the page is loaded anew; uploads that this ended are told, and go on when their files are chosen", async () => {
  const { known, asked } = serve({ a: {}, b: MISMATCH });
  await choose(renderApp(), "a", "b", "cut");
  await screen.findByText("Does not match");
  const user = await reload((list) => list.split(ID.slice(0, -1)).length === 3);
  expect(await screen.findByText(/^1 upload was interrupted/)).toBeTruthy();
  await waitFor(() => {
    expect(names()).toEqual(["b", "cut", "a"]);
  });
  expect(screen.getAllByTestId("status").map(({ textContent }) => textContent)).toEqual(["Does not match", "Upload interrupted", "Done"]);
  expect(asked).toHaveLength(2);

  known.set("cut", doneTask({ id: ID.slice(0, -1) + "9", filename: "cut" }));
  await choose(user, "cut");
  await waitFor(() => {
    expect(screen.getByTestId("summary").textContent).toContain("3 files: 1 does not match, 2 done");
  });
  expect(screen.queryByText(/interrupted/)).toBeNull();
});

test("tasks that the service no longer has are dropped from the list, and that is said", async () => {
  const { known } = serve({ a: {}, b: {} });
  await choose(renderApp(), "a", "b");
  await screen.findByText(/2 files: 2 done/);
  known.delete("a");
  known.delete("b");
  await reload((list) => list.includes(ID.slice(0, -1)));
  expect(await screen.findByText(/^2 files of this list were removed/)).toBeTruthy();
  expect(screen.getByRole("heading", { name: "How it works" })).toBeTruthy();
});

test("a list that is cleared does not come back", async () => {
  serve({ a: {} });
  const user = renderApp();
  await choose(user, "a");
  await screen.findByTestId("md5");
  await user.click(screen.getByRole("button", { name: "Clear list" }));
  await reload((list) => list === "");
  await screen.findByRole("heading", { name: "How it works" });
});

test("nor does the list of an owner who has signed out, or of another", async () => {
  let owner: string | null = "ann";
  serve({ secret: {} });
  server.use(
    http.get("*/v1/session", () => HttpResponse.json({ auth: "keys", owner })),
    http.delete("*/v1/session", () => {
      owner = null;
      return new HttpResponse(null, { status: 204 });
    }),
  );
  const user = renderAt("/");
  await screen.findByText("ann");
  await choose(user, "secret");
  await waitFor(() => {
    expect(sessionStorage.getItem("file-intake:ann")).toContain("secret");
  });
  await user.click(screen.getByRole("button", { name: "Sign out" }));
  await screen.findByLabelText("Key");
  await delay(400);
  expect(Object.keys(sessionStorage)).toEqual([]);

  sessionStorage.setItem("file-intake:ann", storedList({ ...entry("secret"), taskId: ID }));
  cleanup();
  owner = "bob";
  renderAt("/");
  await screen.findByText("bob");
  expect(screen.queryByText("secret")).toBeNull();
  await waitFor(() => {
    expect(Object.keys(sessionStorage)).toEqual([]);
  });
});

test("entries of an unknown shape are dropped from the stored list, and the others stay", async () => {
  const fits = entry("fits");
  const odd: unknown[] = [
    null,
    7,
    "x",
    [],
    {},
    { ...fits, name: null },
    { ...fits, size: "3" },
    { ...fits, params: null },
    { ...fits, params: {} },
    { ...fits, params: { kind: "md5", batch: {} } },
    { ...fits, remark: { a: 1 } },
    { ...fits, taskId: undefined },
    { ...fits, taskId: "../../x" },
    { ...fits, isMissing: "yes" },
  ];
  sessionStorage.setItem("file-intake:", storedList(...odd, fits));
  renderApp();
  await waitFor(() => {
    expect(names()).toEqual(["fits"]);
  });
});

test.each(["{", "7", '"x"', "[]", "{}", '{"version":1}', '{"version":2,"files":[]}', '[{"name":"a"}]'])("a stored list like %s is ignored", async (stored) => {
  sessionStorage.setItem("file-intake:", stored);
  renderApp();
  expect(await screen.findByRole("heading", { name: "How it works" })).toBeTruthy();
});

test("an error of the page is told, and its button clears the stored list", () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  const reload = vi.spyOn(location, "reload").mockImplementation(() => undefined);
  sessionStorage.setItem("file-intake:", storedList(entry("a")));
  const Broken = () => {
    throw new Error("broken");
  };
  render(
    <ErrorBoundary>
      <Broken />
    </ErrorBoundary>,
  );
  expect(screen.getByRole("alert").textContent).toContain("Something went wrong on this page. Reload it.");
  fireEvent.click(screen.getByRole("button", { name: "Clear list and reload" }));
  expect(reload).toHaveBeenCalledOnce();
  expect(sessionStorage.getItem("file-intake:")).toBeNull();
});

test("it is said how many files of a very long list are not stored", () => {
  const item = (name: Item["phase"]["name"]) => ({ chosen: entry("a"), phase: { name } }) as unknown as Item;
  const list = Array.from({ length: MOST_SAVED }, () => item("missing"));
  expect(unsavedIn([...list, item("stopped")])).toBe(0);
  expect(unsavedIn([...list, item("stopped"), item("failed"), item("interrupted")])).toBe(2);
});

test("a name that would be read in another direction is shown as it is, and uploaded unchanged", async () => {
  const name = "a\u202egpj.exe";
  serve({ [name]: {} });
  await choose(renderApp(), name);
  const row = await screen.findByRole("article", { name: "a[U+202E]gpj.exe" });
  await within(row).findByText("Done");
  expect(document.body.innerHTML).not.toContain("\u202e");
});
