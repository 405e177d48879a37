import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { expect, test } from "vitest";
import type { Task } from "../api/types";
import { doubt, guess } from "../kinds/phones/guess";
import { renderAt } from "./render";
import { AT, RESULT, searched, searching } from "./searches";
import { ID, problem, server } from "./server";

/** The API for one task, which tests change as the search goes on; three numbers have been found so far. */
function serve(task: Task) {
  const answer = { task };
  server.use(
    http.get(`*/v1/tasks/${ID}`, () => HttpResponse.json(answer.task)),
    http.get("*/v1/events", () => HttpResponse.error()),
    http.get(`*/v1/tasks/${ID}/phones/regions`, () =>
      HttpResponse.json({ complete: answer.task.outcome !== null, numbers: 3, items: [{ region: "DE", numbers: 3 }] }),
    ),
  );
  return answer;
}

const textOf = async (testId: string) => (await screen.findByTestId(testId)).textContent;

test("a file is uploaded with its country and encoding, and its card counts while it is searched", async () => {
  const answer = serve(searching({ status: "queued", started_at: null }));
  const said: Record<string, string>[] = [];
  server.use(
    http.post("*/v1/tasks", ({ request }) => {
      said.push(Object.fromEntries(new URL(request.url).searchParams));
      return HttpResponse.json(answer.task, { status: 202 });
    }),
  );
  const user = renderAt("/?kind=phones");
  const countries = within(screen.getByLabelText("Country")).getAllByRole("option");
  expect([countries.length, countries[0]?.textContent, countries[1]?.textContent]).toEqual([247, "service default", "Only international numbers (+…)"]);
  await user.selectOptions(screen.getByLabelText("Country"), "Switzerland");
  await user.selectOptions(screen.getByLabelText("Encoding"), "Shift JIS (Japanese)");
  await user.upload(screen.getByLabelText("Choose files"), new File(["abc"], "calls.txt"));
  await screen.findByTestId("status");
  expect(said).toEqual([{ kind: "phones", filename: "calls.txt", region: "CH", encoding: "cp932" }]);

  const becomes = async (changes: Partial<Task>, words: string) => {
    answer.task = searching(changes);
    await waitFor(
      () => {
        expect(screen.getByTestId("status").textContent).toBe(words);
      },
      { timeout: 3000 },
    );
  };
  const done = { done: 3, total: 3, unit: "bytes" } as const;
  const history: Task["history"] = [{ at: AT, status: "waiting", reason: null }];
  await becomes({ status: "waiting", progress: { ...done, done: 1 }, history }, "Being searched by all workers, 33 %");
  expect(await textOf("phone-numbers")).toBe("3 numbers found so far. Watch them appear");
  await becomes({ status: "queued", progress: done, history }, "Queued to be counted");
  await becomes({ status: "running", progress: done, history }, "Being counted, 100 %");
  answer.task = searched();
  await waitFor(async () => {
    expect(await textOf("phone-numbers")).toBe("1,234 numbers, 1,100 different. Look at them");
  });
  expect(screen.getByText("Without a country code: Germany · UTF-8")).toBeTruthy();
});

test("several files are summed up by the numbers in them", async () => {
  let count = 0;
  server.use(
    http.post("*/v1/tasks", () => {
      count += 1;
      return HttpResponse.json(searched({ id: ID.replace(/.$/, String(count)) }), { status: 202 });
    }),
  );
  renderAt("/?kind=phones");
  fireEvent.change(screen.getByLabelText("Choose files"), { target: { files: [new File(["x"], "a.txt"), new File(["x"], "b.txt")] } });
  await waitFor(async () => {
    expect(await textOf("phone-numbers")).toBe("2,468 phone numbers");
  });
});

const sample = (name: string, text: string) => ({ name, head: new TextEncoder().encode(text) });

test.each([
  ["calls.txt", "Call +49 30 123456 now"],
  ["chat.jsonl", '{"text":"ring 030 1234567"}'],
  ["mail.eml", "Tel.: (415) 555-0132"],
  ["talk.vtt", "00:00:01.000 --> 00:00:02.000\n415-555-0132"],
])("%s with a number looks like a text with phone numbers", (name, text) => {
  expect(guess([sample(name, text)])).toEqual({ job: null, files: [0], says: "This looks like a text with phone numbers." });
});

test.each([
  ["list.csv", "Ann;+49 30 123456"],
  ["reads.bin", "+49 30 123456"],
  ["app.log", "2026-03-12 13:03:22,123 +0200 10.0.0.1 GET /v1/tasks/0199a1b2-c3d4-7e5f 200 01.02.2026 1234567890123"],
  ["MD5SUMS.txt", "900150983cd24fb0d6963f7d28e17f72  reads-0123-456.bam"],
])("%s does not", (name, text) => {
  expect(guess([sample(name, text)])).toBeNull();
});

test("the guess counts the files that it is about", () => {
  const files = [sample("a.txt", "+49 30 123456"), sample("b.txt", "none"), sample("c.txt", "+49 30 123456")];
  expect(guess(files)).toEqual({ job: null, files: [0, 2], says: "2 of these 3 files look like texts with phone numbers." });
});

test("a file that is no text is doubted, and uploaded all the same", () => {
  const [text, binary] = [sample("a.txt", "abc"), sample("b.bin", "a\0b")];
  expect(doubt([text])).toBeNull();
  expect(doubt([binary])).toBe("This does not look like text.");
  expect(doubt([text, binary])).toBe("1 of these 2 files does not look like text.");
});

test("the card of a search that failed counts what it had found, and leads to it", async () => {
  const error = problem(422, "too_many_numbers", "Too many.") as Task["error"];
  serve(searched({ status: "failed", outcome: "failed", result: null, error }));
  renderAt(`/tasks/${ID}`);
  expect(await textOf("phone-numbers")).toBe("3 numbers found until then. Look at them");
  expect(screen.getByRole("button", { name: "Delete the numbers and the file" })).toBeTruthy();
});

test("where nothing was found, the card says how it was searched, and has no link", async () => {
  serve(searched({ result: { ...RESULT, numbers: 0, distinct: 0, region: "ZZ", engine: "fast" } }));
  renderAt(`/tasks/${ID}`);
  expect(await textOf("phone-numbers")).toBe("No numbers. ");
  expect(screen.getByText("Only numbers with a country code · UTF-8 · by the fast engine")).toBeTruthy();
  expect(screen.getByRole("button", { name: "Delete the stored file" })).toBeTruthy();
});

test("a single number is not counted twice", async () => {
  serve(searched({ result: { ...RESULT, numbers: 1, distinct: 1 } }));
  renderAt(`/tasks/${ID}`);
  expect(await textOf("phone-numbers")).toBe("1 number. Look at them");
});

test("the card of a task whose numbers were deleted keeps its counts, and says so", async () => {
  serve(searched({ results_deleted_at: AT, kept: false }));
  renderAt(`/tasks/${ID}`);
  expect(await textOf("phone-numbers")).toBe("1,234 numbers, 1,100 different. ");
  expect(screen.getByText("The numbers were deleted on request.")).toBeTruthy();
  expect(screen.getByTestId("timeline").textContent).toContain("The numbers and the stored file were deleted on request");
});
