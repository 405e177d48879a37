import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { describe, expect, test } from "vitest";
import { viewOf } from "../kinds/views";
import { loaded } from "./loads";
import { renderApp, renderAt } from "./render";
import { doneTask, ID, MD5, server } from "./server";

const OTHER = "0".repeat(32);
const file = (name: string, text = "abc", path = "") => Object.defineProperty(new File([text], name), "webkitRelativePath", { value: path });
const CSV = file("partner.csv", "Ann;ann@example.org\n");

/** Take files, and remember what was said with them. */
function serve() {
  const said: Record<string, string>[] = [];
  server.use(
    http.post("*/v1/tasks", ({ request }) => {
      const query = Object.fromEntries(new URL(request.url).searchParams);
      said.push(query);
      const { kind = "", filename = "", expected_md5: expected, batch = null } = query;
      const changes = { id: ID.slice(0, -4) + String(1000 + said.length), filename, batch };
      if (kind === "contacts") return HttpResponse.json(loaded(changes), { status: 202 });
      const verdict = expected === undefined ? {} : { expected, match: expected === MD5 };
      return HttpResponse.json(doneTask({ ...changes, result: { md5: MD5, ...verdict } }), { status: 202 });
    }),
  );
  return said;
}

const choose = (user: ReturnType<typeof renderApp>, ...files: File[]) => user.upload(screen.getByLabelText("Choose files"), files);
const uploaded = (said: Record<string, string>[]) => said.map(({ kind, filename }) => `${kind}: ${filename}`);
const button = (name: string) => within(screen.getByTestId("question")).getByRole("button", { name });
const isChecked = (name: string) => screen.getByRole<HTMLInputElement>("radio", { name }).checked;

describe("as long as nobody has chosen a job", () => {
  test("a CSV is not hashed silently: it may be imported", async () => {
    const said = serve();
    const user = renderApp();
    await choose(user, CSV);
    expect(await screen.findByRole("heading", { name: "This looks like a list of contacts." })).toBe(document.activeElement);
    expect(said).toEqual([]);
    await user.click(button("Import contacts"));
    expect(await screen.findByTestId("counts")).toBeTruthy();
    expect(said).toEqual([{ kind: "contacts", filename: "partner.csv" }]);
    expect([location.search, isChecked("Import contacts")]).toEqual(["?kind=contacts", true]);
    expect(screen.queryByTestId("question")).toBeNull();
  });

  test("it may be hashed all the same, or nothing be done", async () => {
    const said = serve();
    const user = renderApp();
    await choose(user, CSV);
    await screen.findByTestId("question");
    await user.click(button("Cancel"));
    expect([screen.queryByTestId("question"), said]).toEqual([null, []]);
    await choose(user, CSV);
    await screen.findByTestId("question");
    await user.click(button("Get MD5s"));
    expect(await screen.findByTestId("md5")).toBeTruthy();
    expect(uploaded(said)).toEqual(["md5: partner.csv"]);
  });

  test("where only some files look like that, all are hashed, and it is said and can be changed", async () => {
    const said = serve();
    const user = renderApp();
    await choose(user, file("reads.bam"), CSV);
    expect(await screen.findByText(/1 of these 2 files looks like a list of contacts/)).toBeTruthy();
    await user.click(screen.getByRole("button", { name: "Import contacts" }));
    await waitFor(() => {
      expect(uploaded(said)).toEqual(["md5: reads.bam", "md5: partner.csv", "contacts: partner.csv"]);
    });
  });

  test("a list of digests suggests to check a delivery, and is not uploaded", async () => {
    const said = serve();
    const user = renderApp();
    const list = file("MD5SUMS", `${MD5}  a\n${OTHER}  lane/b\n${MD5}  gone\n`, "run 17/MD5SUMS");
    const folder = [list, file("a", "", "run 17/a"), file("b", "", "run 17/lane/b"), file("x", "", "run 17/x")];
    fireEvent.change(screen.getByLabelText("Choose a folder"), { target: { files: folder } });
    expect(await screen.findByRole("heading", { name: "MD5SUMS is a list of expected MD5s." })).toBeTruthy();
    await user.click(button("Check a delivery"));
    expect(await screen.findByText("1 file of the list is missing; 1 file is not in the list and has no verdict.")).toBeTruthy();
    expect(screen.getByText("run 17/MD5SUMS was used as the list to check against. It was not uploaded.")).toBeTruthy();
    await waitFor(() => {
      expect(said).toHaveLength(3);
    });
    const common = { kind: "md5", batch: "run 17" };
    expect(said).toEqual([
      { ...common, filename: "run 17/a", expected_md5: MD5 },
      { ...common, filename: "run 17/lane/b", expected_md5: OTHER },
      { ...common, filename: "run 17/x" },
    ]);
    await waitFor(() => {
      const rows = screen.getAllByTestId("file").map((row) => `${row.getAttribute("aria-label") ?? ""}: ${row.querySelector(".status")?.textContent ?? ""}`);
      expect(rows).toEqual(["run 17/lane/b: Does not match", "run 17/x: Not in the list", "run 17/gone: Missing", "run 17/a: Matches"]);
    });
    expect(location.search).toBe("?job=check");
  });
});

describe("with a job that was chosen", () => {
  test("files that look made for another are uploaded, and it is said and can be changed", async () => {
    const said = serve();
    const user = renderApp();
    await user.click(screen.getByRole("radio", { name: "Get MD5s" })); // it is checked already, but nobody has chosen it
    expect(location.search).toBe("?kind=md5");
    await choose(user, CSV);
    await user.click(await screen.findByRole("button", { name: "Import contacts" }));
    await waitFor(() => {
      expect(uploaded(said)).toEqual(["md5: partner.csv", "contacts: partner.csv"]);
    });
  });

  test("it is said of a file that is no text that it is no CSV", async () => {
    const said = serve();
    const user = renderAt("/?kind=contacts");
    await choose(user, file("reads.bam", "BAM\u0001\0\0"));
    expect(await screen.findByText("This does not look like a CSV file.")).toBeTruthy();
    expect(uploaded(said)).toEqual(["contacts: reads.bam"]);
  });

  test("a delivery without a list is not checked; the list may be chosen first", async () => {
    const said = serve();
    const user = renderAt("/?job=check");
    await choose(user, file("a"));
    expect(await screen.findByText(/add the expected MD5s first/)).toBeTruthy();
    expect(document.activeElement).toBe(screen.getByLabelText("Expected MD5s"));
    await choose(user, file("md5sums.txt", `${MD5}  a\n`));
    expect(await screen.findByText("md5sums.txt is now in the field. Choose the files next.")).toBeTruthy();
    expect(screen.getByText("The next files are checked against this line by name.")).toBeTruthy();
    await choose(user, file("a"), file("b"));
    await waitFor(() => {
      expect(said.map(({ filename, expected_md5 }) => [filename, expected_md5])).toEqual([
        ["a", MD5],
        ["b", undefined],
      ]);
    });
  });

  test("a missing file that is chosen later is checked like the others", async () => {
    const said = serve();
    const user = renderAt("/?job=check");
    await choose(user, file("a"), file("sums.md5", `${MD5}  a\n${OTHER}  b\n`));
    expect(await screen.findByText("Missing", { selector: "[data-testid=status]" })).toBeTruthy();
    await choose(user, file("b"));
    expect(await screen.findByText("1 file that this list was waiting for was added.")).toBeTruthy();
    expect(await screen.findByText("Does not match")).toBeTruthy();
    expect(screen.queryByText(/^Missing/)).toBeNull();
    expect(said[1]).toEqual({ kind: "md5", filename: "b", expected_md5: OTHER });
  });

  test("a list that is wrong is shown, so that it can be corrected", async () => {
    const said = serve();
    const user = renderAt("/?job=check");
    await choose(user, file("a"), file("MD5SUMS", `${MD5}  a\nnonsense\n`));
    expect(await screen.findByText("Nothing was uploaded: MD5SUMS, line 2 is not a line as md5sum writes it: nonsense", { selector: "[role=alert]" })).toBeTruthy();
    expect(screen.getByLabelText<HTMLTextAreaElement>("Expected MD5s").value).toBe(`${MD5}  a\nnonsense\n`);
    expect(said).toEqual([]);
  });
});

test("a batch is a name that is typed, else that of the folder", async () => {
  const said = serve();
  const user = renderApp();
  await user.upload(screen.getByLabelText("Choose a folder"), [file("a", "", "run 17/a")]);
  expect(await screen.findByText("The batch is “run 17”, the name of the folder.")).toBeTruthy();
  await user.type(screen.getByLabelText(/^Batch/), " May ");
  await user.upload(screen.getByLabelText("Choose a folder"), [file("b", "", "run 17/b")]);
  await waitFor(() => {
    expect(said.map(({ batch }) => batch)).toEqual(["run 17", "May"]);
  });
});

describe("guesses", () => {
  const sample = (name: string, text = "") => ({ name, head: new TextEncoder().encode(text) });
  const guess = (kind: string, ...files: ReturnType<typeof sample>[]) => viewOf(kind).guess(files)?.files ?? [];

  test.each([
    [sample("a.CSV"), [0]],
    [sample("a.txt", "Ann;ann@example.org\nBob;bob@example.org\n"), [0]],
    [{ name: "a.txt", head: new Uint8Array([0xff, 0xfe, ...new TextEncoder().encode("a;a@b.org")].flatMap((byte, index) => (index < 2 ? [byte] : [byte, 0]))) }, [0]],
    [sample("a.txt", "ann@example.org\n"), []],
    [sample("a.json", '[{"email": "ann@example.org", "name": "Ann"}]'), []],
    [sample("mail.txt", "Hello,\nwrite to me, at ann@example.org\n\nYours\n"), []],
    [sample("a.sam", "@HD\tVN:1.6\tSO:coordinate\n@SQ\tSN:chr1\tLN:5\n"), []],
    [sample("a.bam", "\0;a@b.org"), []],
  ])("lists of contacts: %j", (file, found) => {
    expect(guess("contacts", file)).toEqual(found);
  });

  test.each([
    [sample("MD5SUMS", `${MD5}  a`), [0]],
    [sample("run/md5sums.txt", `# made by us\r\n${MD5} *a`), [0]],
    [sample("reads.bam.md5", MD5), [0]],
    [sample("checksum.md5", `MD5 (a) = ${MD5}`), [0]],
    [sample("MD5SUMS", "nonsense"), [0]],
    [sample("checksums.txt", "nonsense"), []],
    [sample("hashes.txt", `${MD5}  a`), [0]],
    [sample("reads.bam", MD5), []],
  ])("lists of digests: %j", (file, found) => {
    expect(guess("md5", file)).toEqual(found);
  });

  test("lists in several folders are one, with the names of their folders; a file beside its digest need not be named", () => {
    const check = viewOf("md5").jobs.find(({ id }) => id === "check")?.lists;
    const lists = [
      { name: "run/1/MD5SUMS", text: `${MD5}  ./a\n` },
      { name: "run/2/b.bam.md5", text: OTHER },
    ];
    const expected = `${MD5}  run/1/a\n${OTHER}  run/2/b.bam\n`;
    expect(check?.read(lists)).toEqual({ ok: true, options: { expected, isList: "yes" } });
  });
});
