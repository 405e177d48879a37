import { screen, waitFor, within } from "@testing-library/react";
import { QueryClient } from "@tanstack/react-query";
import { delay, http, HttpResponse } from "msw";
import { afterEach, describe, expect, test, vi } from "vitest";
import { chosenIn, chosenInDrop, MOST_FILES } from "../upload/chosen";
import { md5sumLine } from "../kinds/md5/md5sum";
import { paceKey, remember, taskKey } from "../task/known";
import { renderApp, renderAt } from "./render";
import { doneTask, ID, MD5, problem, server, taskWith } from "./server";

afterEach(() => {
  vi.restoreAllMocks();
});

const file = (name: string, path = "") => Object.defineProperty(new File(["x"], name), "webkitRelativePath", { value: path });

describe("folders", () => {
  const entry = (path: string, children?: FileSystemEntry[]) =>
    ({
      isFile: children === undefined,
      isDirectory: children !== undefined,
      fullPath: path,
      file: (taken: (file: File) => void) => {
        taken(new File(["x"], path.split("/").at(-1) ?? ""));
      },
      createReader: () => {
        const left = [...(children ?? [])];
        return {
          readEntries: (taken: (some: FileSystemEntry[]) => void) => {
            taken(left.splice(0, 2)); // browsers give some at a time
          },
        };
      },
    }) as unknown as FileSystemEntry;
  const dropped = (...entries: FileSystemEntry[]) =>
    ({
      items: entries.map((one) => ({ kind: "file", webkitGetAsEntry: () => one, getAsFile: () => new File(["x"], one.fullPath.slice(1)) })),
    }) as unknown as DataTransfer;

  test("are read to their ends when they are dropped, and name their files", async () => {
    const folder = entry("/run", [entry("/run/c"), entry("/run/sub", [entry("/run/sub/a")]), entry("/run/b")]);
    const names = (await chosenInDrop(dropped(entry("/alone"), folder))).map(({ name }) => name);
    expect(names).toEqual(["alone", "run/b", "run/c", "run/sub/a"]);
  });

  test("are read no further than may be taken", async () => {
    const endless = entry("/run", Array.from({ length: 3 * MOST_FILES }, (_, index) => entry(`/run/${index}`)));
    expect(await chosenInDrop(dropped(endless))).toHaveLength(MOST_FILES + 1);
  });

  test("chosen by a button come in the order of their names; single files as they were chosen", () => {
    expect(chosenIn([file("b", "run/b"), file("a", "run/a")]).map(({ name }) => name)).toEqual(["run/a", "run/b"]);
    expect(chosenIn([file("b"), file("a")]).map(({ name }) => name)).toEqual(["b", "a"]);
  });
});

test("too many files at once are refused, and none is sent", async () => {
  const user = renderApp();
  await user.upload(
    screen.getByLabelText("Choose files"),
    Array.from({ length: MOST_FILES + 1 }, (_, index) => file(String(index))),
  );
  expect(await screen.findByText(/more than 1,000 files/)).toBeTruthy();
  expect(screen.queryAllByTestId("file")).toHaveLength(0);
});

test("files are checked each against its line of a list; differences are told", async () => {
  const asked: Record<string, string | null> = {};
  server.use(
    http.post("*/v1/tasks", ({ request }) => {
      const query = new URL(request.url).searchParams;
      asked[query.get("filename") ?? ""] = query.get("expected_md5");
      return HttpResponse.json(doneTask({ id: ID.replace(/.$/, String(Object.keys(asked).length)) }), { status: 202 });
    }),
  );
  const user = renderAt("/?job=check");
  await user.click(screen.getByLabelText(/Expected MD5/));
  await user.paste(`${MD5}  a\n${MD5}  b\n${MD5}  not here\n`);
  expect(screen.getByText(/checked against these 3 lines by name/)).toBeTruthy();
  await user.upload(
    screen.getByLabelText("Choose files"),
    ["a", "b", "c"].map((name) => file(name)),
  );
  expect(await screen.findByText("1 file of the list is missing; 1 file is not in the list and has no verdict.")).toBeTruthy();
  await waitFor(() => {
    expect(asked).toEqual({ a: MD5, b: MD5, c: null });
  });
});

test("several files are summed up; what is not yet uploaded is cancelled at once, and the list can be cleared", async () => {
  let count = 0;
  server.use(
    http.post("*/v1/tasks", async ({ request }) => {
      count += 1;
      const name = new URL(request.url).searchParams.get("filename") ?? "";
      if (name === "huge") return HttpResponse.json(problem(413, "too_large", "the file is too large"), { status: 413 });
      if (name === "slow" || name === "next") await delay("infinite");
      return HttpResponse.json(doneTask({ id: ID.replace(/.$/, String(count)), filename: name }), { status: 202 });
    }),
  );
  const saved: Blob[] = [];
  vi.spyOn(URL, "createObjectURL").mockImplementation((blob) => {
    saved.push(blob as Blob);
    return "blob:x";
  });
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(() => undefined);
  const user = renderApp();
  await user.upload(screen.getByLabelText("Choose files"), ["a", "b\\c", "huge", "slow", "next"].map((name) => file(name)));
  const summary = await screen.findByTestId("summary");
  await waitFor(() => {
    expect(summary.textContent).toContain("5 files: 1 not uploaded, 2 to upload, 2 done");
  });
  await user.click(within(summary).getByRole("button", { name: "Save MD5SUMS" }));
  expect(await saved[0]?.text()).toBe(`${MD5}  a\n\\${MD5}  b\\\\c\n`);
  await user.click(within(summary).getByRole("button", { name: "Cancel 2 uploads" }));
  expect(summary.textContent).toContain("5 files: 1 not uploaded, 2 done, 2 cancelled");
  await user.click(within(summary).getByRole("button", { name: "Clear list" }));
  expect(screen.getByRole("heading", { name: "How it works" })).toBeTruthy();
});

test("a manifest is what md5sum writes", () => {
  expect(md5sumLine(MD5, "run/a b.bam")).toBe(`${MD5}  run/a b.bam\n`);
  expect(md5sumLine(MD5, "a\\b\nc\r")).toBe(`\\${MD5}  a\\\\b\\nc\\r\n`);
});

describe("what is known of a task", () => {
  test("what has ended stays so, whatever comes in later", () => {
    const queryClient = new QueryClient();
    remember(queryClient, doneTask());
    remember(queryClient, taskWith({ status: "running" }));
    expect(queryClient.getQueryData(taskKey(ID))).toMatchObject({ status: "done" });
  });

  test("the pace of the work is measured from what its progress was when", () => {
    vi.useFakeTimers();
    const queryClient = new QueryClient();
    const at = (done: number) => {
      remember(queryClient, taskWith({ status: "running", progress: { done, total: 10_000, unit: "bytes" } }));
      return queryClient.getQueryData(paceKey(ID));
    };
    expect(at(1000)).toBeNull();
    vi.advanceTimersByTime(2000);
    expect(at(3000)).toBe(1000);
    expect(at(0)).toBeNull(); // begun anew, by another worker
    vi.useRealTimers();
  });
});
