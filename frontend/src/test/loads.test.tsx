import { cleanup, screen, waitFor, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { expect, test, vi } from "vitest";
import type { Task } from "../api/types";
import { loaded, loading, RESULT } from "./loads";
import { renderApp, renderAt } from "./render";
import { doneTask, ID, MD5, problem, server } from "./server";

const CSV = new File(["Ann;ann@example.org\n"], "partner.csv");

/** Take files, remember what was said with them, and answer for the task with what `now` is. */
function serve(now: Task) {
  const said: Record<string, string>[] = [];
  const answer = { now };
  server.use(
    http.post("*/v1/tasks", ({ request }) => {
      said.push(Object.fromEntries(new URL(request.url).searchParams));
      return HttpResponse.json(answer.now, { status: 202 });
    }),
    http.get(`*/v1/tasks/${ID}`, () => HttpResponse.json(answer.now)),
  );
  return { said, answer };
}

test("what is to be done is chosen, stands in the address, and is what the address says", async () => {
  const user = renderApp();
  const choice = within(screen.getByRole("group", { name: "What do you want to do?" }));
  expect(choice.getByRole<HTMLInputElement>("radio", { name: "Get MD5s" }).checked).toBe(true);
  await user.click(choice.getByRole("radio", { name: "Import contacts" }));
  expect(location.search).toBe("?kind=contacts");
  expect(screen.queryByLabelText(/Expected MD5/)).toBeNull();
  expect(screen.getByText(/Existing records are not changed/)).toBeTruthy();
  expect(screen.getByText(/you see how many of its rows are new contacts/)).toBeTruthy();
  await user.click(choice.getByRole("radio", { name: "Check a delivery" }));
  expect(location.search).toBe("?job=check");
  expect(screen.getByLabelText(/Expected MD5/)).toBeTruthy();
  await user.click(choice.getByRole("radio", { name: "Get MD5s" }));
  expect(location.search).toBe("?kind=md5");
  expect(screen.queryByLabelText(/Expected MD5/)).toBeNull();
});

test("an address with an unknown kind or job is that of the first job", () => {
  renderAt("/?kind=phones&job=nonsense");
  expect(screen.getByRole<HTMLInputElement>("radio", { name: "Get MD5s" }).checked).toBe(true);
});

test("nothing but the kind is told where all is to be detected", async () => {
  const { said } = serve(loaded());
  const user = renderAt("/?kind=contacts");
  await user.upload(screen.getByLabelText("Choose files"), CSV);
  await screen.findByTestId("counts");
  expect(said).toEqual([{ kind: "contacts", filename: "partner.csv" }]);
});

test("what is set is told, and how much is set is seen when the options are closed", async () => {
  const { said } = serve(loaded());
  const user = renderAt("/?kind=contacts");
  await user.click(screen.getByText("Options"));
  await user.selectOptions(screen.getByLabelText("Delimiter"), "tab");
  await user.selectOptions(screen.getByLabelText("Encoding"), "Windows-1251 (Cyrillic)");
  await user.selectOptions(screen.getByLabelText("First row"), "false");
  await user.type(screen.getByLabelText("Email column"), " 2 ");
  await user.click(screen.getByLabelText("Check email domains"));
  expect(screen.getByText("Options (5 set)")).toBeTruthy();
  await user.upload(screen.getByLabelText("Choose files"), CSV);
  await screen.findByTestId("counts");
  expect(said).toEqual([
    { kind: "contacts", filename: "partner.csv", delimiter: "tab", encoding: "cp1251", header: "false", email_column: "2", check_mx: "true" },
  ]);
});

test("a wrong expected MD5 does not matter for contacts", async () => {
  const { said } = serve(loaded());
  const user = renderAt("/?job=check");
  await user.type(screen.getByLabelText(/Expected MD5/), "d41d8cd9");
  await user.click(screen.getByRole("radio", { name: "Import contacts" }));
  await user.upload(screen.getByLabelText("Choose files"), CSV);
  await screen.findByTestId("counts");
  expect(said).toEqual([{ kind: "contacts", filename: "partner.csv" }]);
});

test("a file is read, loaded by all, counted, and then its rows are told", async () => {
  const { answer } = serve(loading({}));
  const user = renderAt("/?kind=contacts");
  await user.upload(screen.getByLabelText("Choose files"), CSV);
  const becomes = async (changes: Partial<Task>, words: string) => {
    answer.now = loading(changes);
    await waitFor(() => {
      expect(screen.getByTestId("status").textContent).toContain(words);
    });
  };
  const rows = (done: number) => ({ done, total: 1_000_000, unit: "rows" }) as const;
  await becomes({ status: "running", progress: { done: 12_000_000, total: 24_000_000, unit: "bytes" } }, "Being read, 12.0 MB of 24.0 MB");
  await becomes({ status: "waiting", progress: rows(12_000) }, "Being loaded by all workers, 12,000 of 1,000,000 rows");
  expect(screen.getByRole("progressbar", { name: "Loading of partner.csv" })).toBeTruthy();
  const history: Task["history"] = [{ at: "2026-03-12T13:03:22Z", status: "waiting", reason: null }];
  await becomes({ status: "queued", progress: rows(1_000_000), history }, "Queued to be counted");
  await becomes({ status: "running", progress: rows(1_000_000) }, "Being counted, 1,000,000 of 1,000,000 rows");
  answer.now = loaded();
  const counts = await screen.findByTestId("counts");
  expect([...counts.querySelectorAll("div")].map(({ textContent }) => textContent)).toEqual(["Rows1,000", "New contacts970", "Duplicate20", "Invalid10"]);
  expect(screen.getByTestId("reading").textContent).toBe(
    "Delimiter ; (semicolon) · UTF-8 · no header · addresses in column 2 · names in column 1",
  );
  const rejects = screen.getByRole("link", { name: "Download the 10 rejected rows" });
  expect([rejects.getAttribute("href"), rejects.hasAttribute("download")]).toEqual([`/v1/tasks/${ID}/rejects.csv`, true]);
  expect(screen.getByText(/Correct it and upload it again/)).toBeTruthy();
  expect(screen.getByRole("link", { name: "Contacts of this file" }).getAttribute("href")).toBe(`/contacts?task=${ID}`);
  expect(screen.queryByTestId("md5")).toBeNull();
  expect(screen.queryByTestId("unchecked")).toBeNull();
});

test("where no row was rejected, or none brought a contact, there is no link to them; columns go by their names", async () => {
  const result = { ...RESULT, inserted: 0, duplicate: 1000, invalid: 0, header: true, delimiter: "\t", email_column: "E-mail", name_column: null };
  serve(loaded({ result }));
  renderAt(`/tasks/${ID}`);
  expect((await screen.findByTestId("reading")).textContent).toBe("Delimiter (tab) · UTF-8 · with a header · addresses in “E-mail”");
  expect(screen.queryByRole("link", { name: /rejected/ })).toBeNull();
  expect(screen.queryByRole("link", { name: "Contacts of this file" })).toBeNull();
});

test("rows whose domain nobody could tell of are counted, where there are any", async () => {
  serve(loaded({ result: { ...RESULT, unchecked: 7 } }));
  renderAt(`/tasks/${ID}`);
  expect((await screen.findByTestId("unchecked")).textContent).toMatch(/^The domains of 7 rows could not be checked/);
});

test("a load that was cancelled says that what it had brought is kept", async () => {
  serve(loading({ status: "cancelled", outcome: "cancelled", progress: { done: 500, total: 1000, unit: "rows" } }));
  renderAt(`/tasks/${ID}`);
  expect(await screen.findByText("The rows that had been loaded by then are kept.")).toBeTruthy();
  expect(screen.getByRole("link", { name: "Contacts of this file" })).toBeTruthy();
});

test("the page of a task tells of its parts, and that to count them is work of its own", async () => {
  const step = (status: Task["status"], reason: string | null = null) => ({ at: "2026-03-12T13:03:22Z", status, reason });
  const events = [
    step("queued"),
    step("running"),
    step("waiting", "cut into 12 parts, which all workers share"),
    step("running"),
    step("computed", "done"),
    step("done"),
  ] as Task["history"];
  serve(loaded({ history: events }));
  renderAt(`/tasks/${ID}`);
  const steps = within(await screen.findByTestId("timeline")).getAllByRole("listitem");
  expect(steps.map((one) => one.querySelector("span")?.textContent)).toEqual([
    "Uploaded and queued",
    "A worker started",
    "Cut into 12 parts, which all workers share",
    "A worker started to count",
    "The result was stored",
    "The log line was written",
  ]);
});

test("with its bytes go its contacts, also when the bytes have gone before, and the question says so", async () => {
  const { answer } = serve(loaded({ kept: false }));
  server.use(
    http.delete(`*/v1/tasks/${ID}/results`, () => {
      answer.now = loaded({ kept: false, results_deleted_at: "2026-03-12T14:00:00Z" });
      return new HttpResponse(null, { status: 204 });
    }),
  );
  const asked = vi.fn<typeof confirm>().mockReturnValue(true);
  vi.stubGlobal("confirm", asked);
  const user = renderAt(`/tasks/${ID}`);
  await user.click(await screen.findByRole("button", { name: "Undo this import" }));
  expect(asked.mock.calls[0]?.[0]).toContain("All contacts that this file brought and its rejected rows are deleted for good. This includes");
  expect(await screen.findByText("The import was undone: its contacts and rejected rows were deleted on request")).toBeTruthy();
  expect(screen.queryByRole("link", { name: /rejected|Contacts of this file/ })).toBeNull();
  expect(screen.queryByRole("button", { name: /^Undo/ })).toBeNull();
  vi.unstubAllGlobals();
});

test("several files are summed up by their rows; digests are only of those that were hashed", async () => {
  let count = 0;
  server.use(
    http.post("*/v1/tasks", ({ request }) => {
      count += 1;
      const query = new URL(request.url).searchParams;
      const changes = { id: ID.replace(/.$/, String(count)), filename: query.get("filename") ?? "" };
      return HttpResponse.json(query.get("kind") === "contacts" ? loaded(changes) : doneTask(changes), { status: 202 });
    }),
  );
  const user = renderAt("/?kind=contacts");
  await user.upload(screen.getByLabelText("Choose files"), [CSV, new File(["x"], "other.csv")]);
  const summary = await screen.findByTestId("summary");
  await waitFor(() => {
    expect(within(summary).getByTestId("rows").textContent).toBe("2,000 rows: 1,940 new, 40 duplicate, 20 invalid");
  });
  expect(within(summary).queryByRole("button", { name: "Save MD5SUMS" })).toBeNull();
  await user.click(screen.getByRole("radio", { name: "Get MD5s" }));
  await user.upload(screen.getByLabelText("Choose files"), new File(["abc"], "reads.bam"));
  const saved: Blob[] = [];
  vi.spyOn(URL, "createObjectURL").mockImplementation((blob) => {
    saved.push(blob as Blob);
    return "blob:x";
  });
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(() => undefined);
  await user.click(await within(summary).findByRole("button", { name: "Save MD5SUMS" }));
  expect(await saved[0]?.text()).toBe(`${MD5}  reads.bam\n`);
});

test("in the list of all tasks a file of contacts tells its counts, and kinds can be told apart", async () => {
  const asked: string[] = [];
  server.use(
    http.get("*/v1/stats", () => HttpResponse.error()),
    http.get("*/v1/tasks", ({ request }) => {
      asked.push(new URL(request.url).search);
      return HttpResponse.json({ items: [loaded()], next: null });
    }),
  );
  const user = renderAt("/tasks");
  expect((await screen.findByTestId("task")).textContent).toContain("970 new · 20 duplicate · 10 invalid");
  await user.selectOptions(screen.getByLabelText("Kind"), "contacts");
  expect(location.search).toBe("?kind=contacts");
  await waitFor(() => {
    expect(asked.at(-1)).toBe("?kind=contacts&limit=50");
  });
});

const NOT_CSV = { status: "failed", outcome: "failed", result: null, started_at: "2026-03-12T13:03:23Z", error: problem(422, "invalid_input", "This is not CSV.") } as const;

test("a failed import that brought nothing has no import to undo", async () => {
  const { answer } = serve(loading(NOT_CSV));
  renderAt(`/tasks/${ID}`);
  expect(await screen.findByRole("button", { name: "Delete the stored file" })).toBeTruthy();
  expect(screen.getByText(/can no longer be downloaded or processed again\. The task and its log line stay\./)).toBeTruthy();
  expect(document.body.textContent).not.toContain("contacts that");
  cleanup();
  answer.now = loading({ ...NOT_CSV, kept: false });
  renderAt(`/tasks/${ID}`);
  await screen.findByText(/no longer stored/);
  expect(screen.queryByRole("button", { name: /^(Undo|Delete)/ })).toBeNull();
});

test("a failed import that may have brought something says no more than that", async () => {
  serve(loading({ ...NOT_CSV, error: problem(500, "internal", "The worker ended.") }));
  renderAt(`/tasks/${ID}`);
  await screen.findByRole("button", { name: "Undo this import" });
  expect(screen.getByText(/^Any contacts that this file brought and any rejected rows are deleted for good, .*so do this task and its log line\.$/)).toBeTruthy();
});

test("a finished import that brought nothing new has no import to undo", async () => {
  serve(loaded({ result: { ...RESULT, rows: 2, inserted: 0, duplicate: 2, invalid: 0 } }));
  renderAt(`/tasks/${ID}`);
  expect(await screen.findByRole("button", { name: "Delete the stored file" })).toBeTruthy();
});
