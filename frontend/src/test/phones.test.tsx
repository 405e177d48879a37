import { screen, waitFor, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { expect, test, vi } from "vitest";
import type { Task } from "../api/types";
import type { Phone, PhonePage, RegionCounts } from "../kinds/phones/types";
import { renderAt } from "./render";
import { AT, RESULT, searched, searching } from "./searches";
import { doneTask, ID, problem, server } from "./server";

const PROGRESS = { done: 0, total: 3, unit: "bytes" } as const;

const phone = (last: number, changes: Partial<Phone> = {}): Phone => ({
  number: `+4930123${String(last).padStart(3, "0")}`,
  extension: null,
  region: "DE",
  raw: `030 123${String(last).padStart(3, "0")}`,
  line: last,
  offset: last * 100,
  before: "call ",
  after: " today",
  ...changes,
});

const pageOf = (items: Phone[], next: string | null, complete = next === null): PhonePage => ({ items, next, complete, progress: PROGRESS });

/** The API for one task, which tests change as the search goes on: `pages` by their cursors, the first by none. */
function serve(task: Task, pages: Record<string, PhonePage>, regions: RegionCounts["items"] = [{ region: "DE", numbers: 3 }]) {
  const answer = { task, pages, regions, asked: [] as string[] };
  server.use(
    http.get(`*/v1/tasks/${ID}`, () => HttpResponse.json(answer.task)),
    http.get("*/v1/events", () => HttpResponse.error()),
    http.get(`*/v1/tasks/${ID}/phones`, ({ request }) => {
      const query = new URL(request.url).searchParams;
      query.delete("context");
      answer.asked.push(query.toString());
      return HttpResponse.json(answer.pages[query.get("cursor") ?? ""] ?? pageOf([], query.get("cursor"), answer.task.outcome !== null));
    }),
    http.get(`*/v1/tasks/${ID}/phones/regions`, () => {
      const numbers = answer.regions.reduce((sum, one) => sum + one.numbers, 0);
      return HttpResponse.json({ complete: answer.task.outcome !== null, numbers, items: answer.regions });
    }),
  );
  return answer;
}

const numbers = () => screen.queryAllByTestId("phone").map((row) => row.querySelector("strong")?.textContent);
const textOf = async (testId: string) => (await screen.findByTestId(testId)).textContent;

test("numbers are listed in their lines, with extension and country, and counted", async () => {
  const odd = phone(2, { extension: "12", region: null, before: "\ta\u202eb ", after: null, line: 1234 });
  serve(searched(), { "": pageOf([phone(1), odd], null) });
  renderAt(`/phones?task=${ID}`);
  await waitFor(() => {
    expect(numbers()).toEqual(["+4930123001", "+4930123002"]);
  });
  const cells = screen.getAllByTestId("phone").map((row) => within(row).getAllByRole("cell").map(({ textContent }) => textContent));
  expect(cells).toEqual([
    ["1", "+4930123001", "", "Germany", "call 030 123001 today", "Copy number +4930123001"],
    ["1,234", "+4930123002", "12", "No country", " a[U+202E]b 030 123002", "Copy number +4930123002"],
  ]);
  expect(screen.getByText("030 123001").tagName).toBe("MARK");
  expect(await textOf("counts")).toBe("1,234 numbers, 1,100 different, from 1 country");
  expect(screen.getByTestId("of-file").querySelector("a")?.getAttribute("href")).toBe(`/tasks/${ID}`);
  expect(screen.getByRole("link", { name: "Download CSV" }).getAttribute("href")).toBe(`/v1/tasks/${ID}/phones.csv`);
  expect(screen.getByRole("link", { name: "Phone numbers" }).getAttribute("aria-current")).toBe("page");
  expect(document.title).toBe("Phone numbers · File Intake");
});

test("numbers appear as they are found, each asked for once, until the search has ended", async () => {
  const answer = serve(searching(), { "": pageOf([], "a", false) }, []);
  renderAt(`/phones?task=${ID}`);
  expect(await screen.findByText(/Nothing has been found yet/)).toBeTruthy();
  const csv = screen.getByRole("button", { name: "Download CSV" });
  expect([csv.getAttribute("aria-disabled"), screen.getByText("when the search is finished").id]).toEqual(["true", csv.getAttribute("aria-describedby")]);
  answer.regions = [{ region: "DE", numbers: 1 }];
  answer.pages.a = pageOf([phone(1)], "b", false);
  await screen.findByText("+4930123001", undefined, { timeout: 3000 });
  await waitFor(async () => {
    expect(await textOf("counts")).toBe("1 number found so far, from 1 country");
  });
  expect(screen.getByText("More numbers appear here as they are found.")).toBeTruthy();
  answer.task = searched({ result: { ...RESULT, numbers: 2, distinct: 2 } });
  answer.pages.b = pageOf([phone(2)], null);
  await screen.findByText("+4930123002", undefined, { timeout: 3000 });
  expect(numbers()).toEqual(["+4930123001", "+4930123002"]);
  await waitFor(async () => {
    expect(await textOf("counts")).toBe("2 numbers, 2 different, from 1 country");
  });
  await screen.findByRole("link", { name: "Download CSV" }, { timeout: 3000 });
  expect(answer.asked.filter((query) => !query.startsWith("cursor"))).toEqual(["limit=100"]);
  expect(answer.asked).toContain("cursor=b&limit=99");
  const before = answer.asked.length;
  await new Promise((resolve) => setTimeout(resolve, 1200));
  expect(answer.asked.length).toBe(before);
});

test("a page that is full leads on, also while the file is being searched, and back", async () => {
  const full = Array.from({ length: 100 }, (_, index) => phone(index));
  const answer = serve(searching(), { "": pageOf(full, "b", false), b: pageOf([phone(100)], "c", false) });
  const user = renderAt(`/phones?task=${ID}`);
  const next = await screen.findByRole("link", { name: "Next" });
  expect(screen.getByText("Each page has 100 numbers. The CSV has all of them, once the search is finished.")).toBeTruthy();
  await user.click(next);
  await waitFor(() => {
    expect(numbers()).toEqual(["+4930123100"]);
  });
  expect(location.search).toBe(`?task=${ID}&cursor=b`);
  expect(screen.queryByText(/Each page has/)).toBeNull();
  expect(screen.queryByRole("link", { name: "Next" })).toBeNull();
  await user.click(screen.getByRole("link", { name: "Previous" }));
  await waitFor(() => {
    expect(numbers()).toHaveLength(100);
  });
  expect(answer.asked[0]).toBe("limit=100");
});

test.each([
  ["failed", "Too many."],
  ["cancelled", null],
] as const)("the numbers of a search that has %s are shown, and that some may be missing", async (outcome, said) => {
  const error = said === null ? null : (problem(422, "too_many_numbers", said) as Task["error"]);
  serve(searched({ status: outcome, outcome, result: null, error }), { "": pageOf([phone(1)], null) });
  renderAt(`/phones?task=${ID}`);
  expect(await textOf("gaps")).toContain("some may be missing");
  expect(await textOf("counts")).toBe("3 numbers, from 1 country");
  await screen.findByText("+4930123001");
  if (said !== null) expect(screen.getByText(said)).toBeTruthy();
});

test("numbers are found by number and country, in any spelling; what the service refuses stands below the field", async () => {
  const regions = [
    { region: "DE", numbers: 2 },
    { region: null, numbers: 1 },
  ];
  const answer = serve(searched(), { "": pageOf([phone(1)], null) }, regions);
  const user = renderAt(`/phones?task=${ID}`);
  await screen.findByText("+4930123001");
  await user.type(screen.getByLabelText("Number"), " +49 30 123001 {Enter}");
  expect(location.search).toBe(`?task=${ID}&number=%2B49+30+123001`);
  await waitFor(() => {
    expect(answer.asked.at(-1)).toBe("number=%2B49+30+123001&limit=100");
  });
  await user.selectOptions(screen.getByLabelText("Country"), "No country (1)");
  expect(location.search).toBe(`?task=${ID}&number=%2B49+30+123001&region=none`);
  expect((await screen.findByRole("link", { name: "Download matches as CSV" })).getAttribute("href")).toBe(
    `/v1/tasks/${ID}/phones.csv?number=%2B49+30+123001&region=none`,
  );
  answer.pages[""] = pageOf([], null);
  await user.click(screen.getByRole("link", { name: "Germany" }));
  expect(await screen.findByText(/No number matches\./)).toBeTruthy();
  expect(screen.getByTestId("announcer").textContent).toBe("No number matches");
  expect(screen.getByRole("link", { name: "Germany" }).getAttribute("aria-current")).toBe("page");
  server.use(http.get(`*/v1/tasks/${ID}/phones`, () => HttpResponse.json(problem(422, "invalid_input", "it must be a phone number"), { status: 422 })));
  await user.clear(screen.getByLabelText("Number"));
  await user.type(screen.getByLabelText("Number"), "x{Enter}");
  expect(await screen.findByText("It must be a phone number.")).toBeTruthy();
  expect(screen.getByLabelText("Number").getAttribute("aria-invalid")).toBe("true");
  await user.click(screen.getByRole("link", { name: "Clear filters" }));
  expect(location.search).toBe(`?task=${ID}`);
  expect(screen.getByLabelText<HTMLInputElement>("Number").value).toBe("");
});

test("the countries with the most numbers are a chart, and the rest is one bar", async () => {
  const codes = ["US", "DE", "FR", "GB", "IT", "ES", "PL", "NL", "AT", "CH"];
  const regions = codes.map((region, index) => ({ region, numbers: 1000 - index }));
  serve(searched(), { "": pageOf([phone(1)], null) }, regions);
  renderAt(`/phones?task=${ID}`);
  const bars = await screen.findAllByTestId("region");
  expect(bars.map(({ textContent }) => textContent)).toEqual([
    "United States1,000",
    "Germany999",
    "France998",
    "United Kingdom997",
    "Italy996",
    "Spain995",
    "Poland994",
    "Netherlands993",
    "2 others1,983",
  ]);
  expect(screen.getByRole("option", { name: "Switzerland (991)" })).toBeTruthy();
});

test("all numbers that are shown are copied, one on each line", async () => {
  serve(searched(), { "": pageOf([phone(1), phone(2, { extension: "7" })], null) });
  const user = renderAt(`/phones?task=${ID}`);
  await user.click(await screen.findByRole("button", { name: "Copy all shown" }));
  expect(await navigator.clipboard.readText()).toBe("+4930123001\n+4930123002;ext=7");
  expect(screen.getByRole("button", { name: "Copied" })).toBeTruthy();
});

test("the numbers are deleted after a question, and the page says that they were", async () => {
  const answer = serve(searched(), { "": pageOf([phone(1)], null) });
  server.use(
    http.delete(`*/v1/tasks/${ID}/results`, () => {
      answer.task = searched({ kept: false, results_deleted_at: AT });
      return new HttpResponse(null, { status: 204 });
    }),
  );
  const asked = vi.fn<typeof confirm>().mockReturnValue(true);
  vi.stubGlobal("confirm", asked);
  const user = renderAt(`/phones?task=${ID}`);
  await user.click(await screen.findByRole("button", { name: "Delete the numbers and the file" }));
  expect(asked.mock.calls[0]?.[0]).toContain("All numbers that were found in this file are deleted for good, and so is the stored file.");
  expect(await screen.findByText(/were deleted on request/)).toBeTruthy();
  expect(numbers()).toEqual([]);
  vi.unstubAllGlobals();
});

test("results that were deleted elsewhere are said to be", async () => {
  serve(searched(), {});
  server.use(http.get(`*/v1/tasks/${ID}/phones`, () => HttpResponse.json(problem(410, "results_deleted", "The results were deleted."), { status: 410 })));
  renderAt(`/phones?task=${ID}`);
  expect(await screen.findByText("The results were deleted.")).toBeTruthy();
});

test.each([
  ["DE", "The country was Germany"],
  ["ZZ", "Only numbers with a + and a country code were searched for"],
])("where nothing was found with the country %s, the page says what to try", async (region, said) => {
  serve(searched({ params: { region }, result: { ...RESULT, numbers: 0, distinct: 0 } }), { "": pageOf([], null) }, []);
  renderAt(`/phones?task=${ID}`);
  expect(await textOf("none-found")).toContain(said);
  expect(screen.getByRole("link", { name: "upload it again" }).getAttribute("href")).toBe("/?kind=phones");
  expect(await textOf("counts")).toBe("0 numbers");
});

test("what is not the id of a task has no numbers, and another file can be chosen", async () => {
  renderAt("/phones?task=nonsense");
  expect(await screen.findByText("There is no task with this id.")).toBeTruthy();
  expect(screen.getByRole("link", { name: "Choose another file" }).getAttribute("href")).toBe("/phones");
});

test.each([
  ["of another kind", doneTask({ filename: "other.bin" }), /was not searched for phone numbers/],
  ["whose upload was never completed", searching({ status: "expired" }), /was never completed/],
])("a task %s is asked for no numbers", async (_, task, said) => {
  const answer = serve(task, {});
  renderAt(`/phones?task=${ID}`);
  expect(await screen.findByText(said)).toBeTruthy();
  expect(answer.asked).toEqual([]);
});

test("without a task, the page lists the files that were searched last", async () => {
  const asked: string[] = [];
  const items = [searched(), searched({ id: ID.replace(/.$/, "1"), filename: "gone.txt", results_deleted_at: AT })];
  server.use(
    http.get("*/v1/tasks", ({ request }) => {
      asked.push(new URL(request.url).search);
      return HttpResponse.json({ items, next: "older" });
    }),
  );
  renderAt("/phones");
  const [first, second] = await screen.findAllByTestId("phone-file");
  expect(first?.textContent).toContain("1,234 numbers, 1,100 different");
  expect(within(first ?? document.body).getByRole("link").getAttribute("href")).toBe(`/phones?task=${ID}`);
  expect(second?.textContent).toContain("deleted");
  expect(screen.getByRole("link", { name: "Older files" }).getAttribute("href")).toBe("/tasks?kind=phones");
  expect(asked[0]).toBe("?kind=phones&limit=50");
});

test("without any file, the page says what to do", async () => {
  server.use(http.get("*/v1/tasks", () => HttpResponse.json({ items: [], next: null })));
  renderAt("/phones");
  expect((await screen.findByRole("link", { name: "Upload a text" })).getAttribute("href")).toBe("/?kind=phones");
});
