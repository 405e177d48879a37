import { screen, waitFor, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { KINDS } from "../kinds/kinds";
import { renderAt } from "./render";
import { doneTask, ID, server, taskWith } from "./server";

const sources = import.meta.glob<string>(["../**/*.{ts,tsx,css}", "!../**/*.gen.ts", "!./**"], { query: "?raw", import: "default", eager: true });
const folderOf = (path: string): string | undefined => /^\.\.\/kinds\/([^/]+)\//.exec(path)?.[1];
const [inFolders, outside] = [Object.keys(sources).filter(folderOf), Object.keys(sources).filter((path) => folderOf(path) === undefined)];

/** Names that are no common words: code that uses them in a longer name is about that kind, too. */
const DISTINCT = new Set(["md5", "contacts"]);

/** Lines of code that name a kind, as a text, or in a longer name. Comments may have examples; the site has a name. */
function naming(kind: string, path: string): string[] {
  const code = (sources[path] ?? "")
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/(^|\s)\/\/.*$/gm, "")
    .replace(/md5[- ]service|<code>md5_<\/code>|\$MD5_KEY/gi, "");
  const capitalized = kind.charAt(0).toUpperCase() + kind.slice(1);
  const text = `["'\`/=]${kind}["'\`/&]`;
  const any = `(?<![A-Za-z])${kind}(?![a-z])|${capitalized}(?![a-z])|(?<![A-Z])${kind.toUpperCase()}(?![A-Z])`;
  const name = new RegExp(DISTINCT.has(kind) ? any : text);
  return code.split("\n").flatMap((line) => (name.test(line) ? [`${path}: ${line.trim()}`] : []));
}

test(`none of the ${outside.length} files outside of the folders of kinds names a kind`, () => {
  expect(outside.length).toBeGreaterThan(60);
  expect(KINDS.flatMap((kind) => outside.flatMap((path) => naming(kind, path)))).toEqual([]);
});

test("no kind names another, and those that have a folder are found by their names", () => {
  for (const kind of new Set(inFolders.map(folderOf))) {
    const own = inFolders.filter((path) => folderOf(path) === kind);
    expect(own.flatMap((path) => naming(kind ?? "", path))).not.toEqual([]);
    expect(KINDS.filter((other) => other !== kind).flatMap((other) => own.flatMap((path) => naming(other, path)))).toEqual([]);
  }
});

const RESULT = { letters: 3, word: "abc", isLong: false, counts: { a: [1, 2] }, nothing: null };
const riddle = (changes: object = {}) => ({ ...doneTask({ kind: "riddle" }), result: RESULT, ...changes });

/** Names and values, as they are nested. */
const told = (within: Element): unknown => {
  const list = within.querySelector(":scope > dl, :scope > ol");
  if (list === null) return within.textContent;
  if (list.tagName === "OL") return [...list.children].map(told);
  return Object.fromEntries([...list.children].map((row) => [row.querySelector("dt")?.textContent ?? "", told(row.querySelector("dd") ?? row)]));
};

test("a task of a kind that only a newer service has is told in general words, and its result by names and values", async () => {
  let answer = () => HttpResponse.json<object>(taskWith({ kind: "riddle", status: "running", progress: { done: 1, total: 3, unit: "bytes" } }));
  server.use(http.get(`*/v1/tasks/${ID}`, () => answer()));
  renderAt(`/tasks/${ID}`);
  await waitFor(() => {
    expect(screen.getByTestId("status").textContent).toContain("Being processed, 33 %");
  });
  expect(screen.getByRole("progressbar", { name: "Processing of sample.fastq.gz" })).toBeTruthy();
  expect(screen.queryByTestId("result")).toBeNull();
  answer = () => HttpResponse.json<object>(riddle({ status: "computed" }));
  await waitFor(() => {
    expect(screen.getByTestId("status").textContent).toBe("Processed: writing the log line");
  });
  answer = () => HttpResponse.json<object>(riddle());
  expect(await screen.findByText("Done")).toBeTruthy();
  expect(told(screen.getByTestId("result"))).toEqual({ letters: "3", word: "abc", isLong: "no", counts: { a: ["1", "2"] }, nothing: "none" });
  expect(screen.getByTestId("kind").textContent).toBe("riddle");
  expect(screen.getByRole("button", { name: "Delete the stored file" })).toBeTruthy();
});

test("a result that is deep, long or empty in parts is told as far as it can be read", async () => {
  const result = { deep: { a: { b: { c: { d: 1 } } } }, long: Array.from({ length: 60 }, (_, index) => index), empty: {}, blank: "" };
  server.use(http.get(`*/v1/tasks/${ID}`, () => HttpResponse.json(riddle({ result }))));
  renderAt(`/tasks/${ID}`);
  const { deep, long, empty, blank } = told(await screen.findByTestId("result")) as Record<string, unknown>;
  expect(deep).toEqual({ a: { b: { c: '{"d":1}' } } });
  expect([(long as unknown[]).length, (long as unknown[]).at(-1), empty, blank]).toEqual([51, "10 more values", "empty", "none"]);
});

test("an empty result is not shown", async () => {
  server.use(http.get(`*/v1/tasks/${ID}`, () => HttpResponse.json(riddle({ result: {} }))));
  renderAt(`/tasks/${ID}`);
  expect(await screen.findByText("Done")).toBeTruthy();
  expect(screen.queryByTestId("result")).toBeNull();
});

describe("a kind of the service that has no folder here", () => {
  let renderAnew: typeof renderAt;

  beforeAll(async () => {
    vi.doMock("../api/schema.gen", () => {
      const kinds = [...KINDS, "riddle"];
      return { pathsV1TasksGetParametersQueryKindValues: kinds, pathsV1TasksPostParametersQueryKindValues: kinds };
    });
    vi.resetModules();
    renderAnew = (await import("./render")).renderAt;
  });
  afterAll(() => {
    vi.doUnmock("../api/schema.gen");
    vi.resetModules();
  });

  test("is chosen under its plain name, and has no options", async () => {
    const said: Record<string, string>[] = [];
    server.use(
      http.post("*/v1/tasks", ({ request }) => {
        said.push(Object.fromEntries(new URL(request.url).searchParams));
        return HttpResponse.json(riddle(), { status: 202 });
      }),
    );
    const user = renderAnew("/");
    await user.click(screen.getByRole("radio", { name: "riddle" }));
    expect(location.search).toBe("?kind=riddle");
    expect(screen.getByText(/When a file is finished, you see its result/)).toBeTruthy();
    expect(screen.queryByRole("textbox", { name: /Expected/ })).toBeNull();
    expect(screen.queryByText("Options")).toBeNull();
    await user.upload(screen.getByLabelText("Choose files"), new File(["abc"], "sample"));
    expect(await screen.findByTestId("result")).toBeTruthy();
    expect(said).toEqual([{ kind: "riddle", filename: "sample" }]);
  });

  test("is a filter under its plain name, and has no page", async () => {
    const asked: string[] = [];
    server.use(
      http.get("*/v1/stats", () => HttpResponse.error()),
      http.get("*/v1/tasks", ({ request }) => {
        asked.push(new URL(request.url).search);
        return HttpResponse.json({ items: [riddle()], next: null });
      }),
    );
    const user = renderAnew("/tasks");
    expect((await screen.findByTestId("task")).textContent).toContain("Done");
    await user.selectOptions(screen.getByLabelText("Kind"), "riddle");
    await waitFor(() => {
      expect(asked.at(-1)).toBe("?kind=riddle&limit=50");
    });
    const links = within(screen.getByRole("navigation", { name: "Pages" })).getAllByRole("link");
    expect(links.filter(({ textContent }) => textContent.includes("riddle"))).toEqual([]);
  });
});
