import { screen, waitFor, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { expect, test } from "vitest";
import { countsInWords, standingOf } from "../upload/groups";
import type { Item } from "../upload/queue";
import { renderAt } from "./render";
import { doneTask, ID, MD5, server, taskWith } from "./server";

const item = (remark: string | null, phase: Item["phase"] = { name: "uploaded", taskId: ID }) =>
  ({ phase, chosen: { remark } }) as unknown as Item;
const checked = (match: boolean) => doneTask({ result: { md5: MD5, expected: MD5, match } });

test("each file is counted once, in its own words", () => {
  const standings = [
    standingOf(item("Not in the list"), doneTask()),
    ...Array.from({ length: 10 }, () => standingOf(item(null), checked(true))),
    standingOf(item("Not in the list"), doneTask()),
    standingOf(item(null), checked(false)),
  ];
  expect(countsInWords(standings)).toBe("1 does not match, 2 not in the list, 10 match");
  expect(countsInWords(standings.slice(-1).concat(standings.slice(-1), standings.slice(1, 2)))).toBe("2 do not match, 1 matches");
});

test("a remark is the status only of a file that is done and has no verdict", () => {
  expect(standingOf(item("Not in the list"), taskWith({ status: "running" }))).toMatchObject({ group: "open", words: "in progress" });
  expect(standingOf(item("Not in the list"), taskWith({ status: "failed", outcome: "failed" }))).toMatchObject({ words: "failed" });
  expect(standingOf(item("Not in the list"), taskWith({ status: "cancelled", outcome: "cancelled" }))).toMatchObject({ group: "rest" });
  expect(standingOf(item("Not in the list"), checked(false))).toMatchObject({ words: "does not match" });
});

test("files without a verdict have no green tick, and the summary agrees with the rows and the chips", async () => {
  const OTHER = "0".repeat(32);
  let count = 0;
  server.use(
    http.post("*/v1/tasks", ({ request }) => {
      count += 1;
      const { searchParams } = new URL(request.url);
      const [filename, expected] = [searchParams.get("filename") ?? "", searchParams.get("expected_md5")];
      const result = expected === null ? { md5: MD5 } : { md5: MD5, expected, match: expected === MD5 };
      return HttpResponse.json(doneTask({ id: ID.slice(0, -1) + String(count), filename, result }), { status: 202 });
    }),
  );
  const user = renderAt("/?job=check");
  await user.click(screen.getByLabelText(/Expected MD5/));
  await user.paste(`${MD5}  a\n${MD5}  b\n${OTHER}  bad\n${MD5}  twice\n${OTHER}  twice\n${MD5}  gone\n`);
  await user.upload(
    screen.getByLabelText("Choose files"),
    ["a", "b", "bad", "twice", "extra"].map((name) => new File(["abc"], name)),
  );
  await waitFor(() => {
    expect(screen.getByTestId("summary").textContent).toMatch(
      /5 files: 1 does not match, (1 not in the list, 1 listed twice.*|1 listed twice.*, 1 not in the list), 2 match; 1 missing/,
    );
  });
  const extra = within(screen.getByRole("article", { name: "extra" })).getByTestId("status").closest(".status");
  expect(extra?.textContent).toBe("Not in the list");
  expect(extra?.className).toContain("status-warned");
  expect(extra?.querySelector(".icon-done")).toBeNull();
  expect(within(screen.getByRole("article", { name: "twice" })).getByTestId("status").textContent).toMatch(/^Listed twice/);
  const chips = within(screen.getByRole("group", { name: "Show" })).getAllByRole("button");
  expect(chips.map(({ textContent }) => textContent)).toEqual(["All 6", "Problems 3", "Missing 1"]);
});
