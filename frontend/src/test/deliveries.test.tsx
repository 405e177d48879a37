import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { delay, http, HttpResponse } from "msw";
import { describe, expect, test } from "vitest";
import { parseExpected } from "../kinds/md5/expected";
import { lists } from "../kinds/md5/lists";
import { UploadQueue } from "../upload/queue";
import type { Wanted } from "../upload/chosen";
import { renderAt } from "./render";
import { doneTask, ID, MD5, server } from "./server";

const OTHER = "0".repeat(32);
const THIRD = "1".repeat(32);

function file(path: string, content: BlobPart = "abc") {
  const name = path.split("/").at(-1) ?? "";
  return Object.defineProperty(new File([content], name), "webkitRelativePath", { value: path.includes("/") ? path : "" });
}

function serve() {
  const said: string[] = [];
  server.use(
    http.post("*/v1/tasks", ({ request }) => {
      const { filename = "", expected_md5: expected, batch = null } = Object.fromEntries(new URL(request.url).searchParams);
      said.push(`${filename}: ${expected ?? "-"}`);
      const verdict = expected === undefined ? {} : { expected, match: expected === MD5 };
      return HttpResponse.json(doneTask({ id: ID.slice(0, -4) + String(1000 + said.length), filename, batch, result: { md5: MD5, ...verdict } }), { status: 202 });
    }),
  );
  return said;
}

const choose = (label: "Choose files" | "Choose a folder", ...files: File[]) => {
  fireEvent.change(screen.getByLabelText(label), { target: { files } });
};
const rows = () => screen.queryAllByTestId("file").map((row) => `${row.getAttribute("aria-label") ?? ""}: ${within(row).getByTestId("status").textContent}`);
const notes = () => [...document.querySelectorAll(".intake-notes p")].map(({ textContent }) => textContent);
const refusal = () => document.querySelector(".refusal")?.textContent;
const field = () => screen.getByLabelText<HTMLTextAreaElement>("Expected MD5s").value;

describe("the list of a delivery is found", () => {
  test("among more than 100 files", async () => {
    const said = serve();
    renderAt("/?job=check");
    const names = Array.from({ length: 110 }, (_, index) => `run/${String(index).padStart(3, "0")}`);
    choose("Choose a folder", ...names.map((name) => file(name)), file("run/md5sums.txt", names.map((name) => `${MD5}  ${name.slice(4)}\n`).join("")));
    await waitFor(
      () => {
        expect(said).toHaveLength(110);
      },
    );
    expect(said.every((one) => one.endsWith(MD5))).toBe(true);
  });

  test("in 60 files beside 60 others", async () => {
    const said = serve();
    renderAt("/?job=check");
    const names = Array.from({ length: 60 }, (_, index) => `run/${index}.bam`);
    choose("Choose a folder", ...names.flatMap((name) => [file(name), file(`${name}.md5`, MD5)]));
    await waitFor(
      () => {
        expect(said.toSorted()).toEqual(names.map((name) => `${name}: ${MD5}`).toSorted());
      },
    );
  });

  test.each([
    ["little endian", [0xff, 0xfe], (code: number) => [code, 0]],
    ["big endian", [0xfe, 0xff], (code: number) => [0, code]],
    ["UTF-8", [0xef, 0xbb, 0xbf], (code: number) => [code]],
  ])("as PowerShell writes it: %s", async (_, mark, bytesOf) => {
    const said = serve();
    renderAt("/?job=check");
    const text = `; by us\r\n${MD5}  a\r\n`;
    choose("Choose files", file("a"), file("MD5SUMS", new Uint8Array([...mark, ...Array.from(text, (letter) => bytesOf(letter.charCodeAt(0))).flat()])));
    await waitFor(() => {
      expect(said).toEqual([`a: ${MD5}`]);
    });
  });

  test("under another name, and not counted as missing where it names itself", async () => {
    const said = serve();
    renderAt("/?job=check");
    choose("Choose files", file("a"), file("hashes.txt", `${MD5}  a\n${OTHER}  hashes.txt\n`));
    await waitFor(() => {
      expect(said).toEqual([`a: ${MD5}`]);
    });
    expect(notes()).toEqual(["hashes.txt was used as the list to check against. It was not uploaded."]);
  });

  test("where it is chosen alone and nobody has chosen a job", async () => {
    const said = serve();
    renderAt("/");
    choose("Choose files", file("MD5SUMS", `${MD5}  a\n`));
    fireEvent.click(within(await screen.findByTestId("question")).getByRole("button", { name: "Check a delivery" }));
    expect(await screen.findByText("MD5SUMS is now in the field. Choose the files next.")).toBeTruthy();
    expect(said).toEqual([]);
  });

  test.each([
    ["", "MD5SUMS is empty."],
    ["# by us\n", "MD5SUMS has only comments."],
    [`# by us\n${MD5}  a\nnonsense\n`, "MD5SUMS, line 3 is not a line as md5sum writes it: nonsense"],
    [`${MD5}\n`, `MD5SUMS, line 1 is not a line as md5sum writes it: ${MD5}`],
    ["x".repeat(8_000_001), "MD5SUMS is too large for a list: it has 8.00 MB, and the limit is 8.00 MB."],
  ])("and says what is wrong with it", async (text, why) => {
    const said = serve();
    renderAt("/?job=check");
    choose("Choose files", file("a"), file("MD5SUMS", text));
    await waitFor(() => {
      expect(refusal()).toBe(`Nothing was uploaded: ${why}`);
    });
    expect(said).toEqual([]);
  });
});

describe("one delivery after another", () => {
  test("a missing file of the first does not take the file of the second, which has its own list", async () => {
    const said = serve();
    renderAt("/?job=check");
    choose("Choose files", file("a"), file("MD5SUMS", `${MD5}  a\n${OTHER}  readme\n`));
    await screen.findByText("Missing", { selector: "[data-testid=status]" });
    choose("Choose files", file("b"), file("readme"), file("MD5SUMS", `${MD5}  b\n${MD5}  readme\n`));
    await waitFor(() => {
      expect(said).toEqual([`a: ${MD5}`, `b: ${MD5}`, `readme: ${MD5}`]);
    });
    await waitFor(() => {
      expect(rows()).toEqual(["readme: Missing", "b: Matches", "readme: Matches", "a: Matches"]);
    });
    choose("Choose files", file("c"), file("MD5SUMS", `${MD5}  c\n${THIRD}  readme\n`));
    await waitFor(() => {
      expect(rows().filter((row) => row === "readme: Missing")).toHaveLength(2);
    });
    choose("Choose files", file("readme"));
    await waitFor(() => {
      expect(notes()).toEqual(["readme was not uploaded: this list is waiting for more than one file of that name. Choose it together with its list."]);
    });
    expect(said).toHaveLength(4);
  });

  test("the same folder again, with the file that was missing, after a reload", async () => {
    const said = serve();
    renderAt("/?job=check");
    await delay(100); // until the owner is known, whose list is stored
    const list = file("run/MD5SUMS", `${MD5}  a\n${MD5}  b\n${MD5}  gone\n`);
    choose("Choose a folder", list, file("run/a"), file("run/x"));
    await waitFor(() => {
      expect(sessionStorage.getItem("file-intake:")?.match(/"taskId":"/g)).toHaveLength(2);
    });
    cleanup();
    server.use(
      http.get("*/v1/tasks/:id", ({ params }) => HttpResponse.json(doneTask({ id: String(params.id), filename: "run/a", result: { md5: MD5, expected: MD5, match: true } }))),
    );
    renderAt("/?job=check");
    await waitFor(() => {
      expect(rows()).toHaveLength(4);
    });
    choose("Choose a folder", list, file("run/a"), file("run/b"), file("run/x"));
    await waitFor(() => {
      expect(rows()).toEqual([expect.stringContaining("run/x: "), "run/gone: Missing", "run/a: Matches", "run/b: Matches"]);
    });
    expect(notes()).toEqual([
      "run/MD5SUMS was used as the list to check against. It was not uploaded.",
      "1 file of the list is missing; 1 file is not in the list and has no verdict.",
      "1 file that this list was waiting for was added.",
      "2 files already in this list are checked again.",
      "The batch is “run”, the name of the folder.",
    ]);
    expect([field(), said.length]).toEqual(["", 5]);
  });

  test("each file replaces one awaited row of its own delivery, and missing files replace none", () => {
    serve();
    const queue = new UploadQueue(() => undefined);
    const wanted = (name: string, expected: string, changes: Partial<Wanted> = {}): Wanted => ({
      file: null,
      name,
      size: 0,
      params: { kind: "md5", expected_md5: expected },
      remark: null,
      ...changes,
    });
    const inQueue = () => queue.snapshot().map(({ chosen, phase }) => `${chosen.name} ${String(chosen.params.expected_md5).slice(0, 1)} ${phase.name}`);
    queue.add([wanted("a", OTHER), wanted("b", OTHER)]);
    queue.add([wanted("a", THIRD)]);
    queue.add([wanted("a", THIRD)]); // the same list again
    expect(inQueue()).toEqual(["a 1 missing", "a 0 missing", "b 0 missing"]);
    expect(queue.awaitedBy("a", new Set())).toBe("many");
    expect(queue.awaitedBy("x/b", new Set())).toBeNull(); // a file of another folder
    const added = queue.add([wanted("x/a", THIRD, { file: new File([], "a"), listedAs: "a" })]);
    queue.close();
    expect(added).toEqual({ awaited: 1, again: 0 });
    expect(inQueue()).toEqual(["x/a 1 stopped", "a 0 missing", "b 0 missing"]);
  });
});

describe("names in a list match files", () => {
  function matched(listed: string[], names: string[]) {
    const digests = listed.map((_, index) => String(index).repeat(32));
    const parsed = parseExpected(listed.map((name, index) => `${digests[index] ?? ""}  ${name}`).join("\n"), true);
    if (!parsed.ok || parsed.expected.kind !== "manifest") throw new Error("no list");
    return parsed.expected.manifest.match(names).found.map((line) => (typeof line === "string" ? line : Number(line.digest[0])));
  }

  test.each<[string, string[], string[], (number | string)[]]>([
    ["absolute", ["/data/run/s/a", "/data/run/s/b"], ["abs/s/a", "abs/s/b"], [0, 1]],
    ["of Windows", ["C:\\run\\s\\a", ".\\s\\b"], ["x/s/a", "x/s/b"], [0, 1]],
    ["composed", ["\u00e9", "b"], ["e\u0301", "b"], [0, 1]],
    ["in a renamed folder", ["old/a", "old/sub/a", "old/b"], ["new/a", "new/sub/a", "new/b"], [0, 1, 2]],
    ["with a folder that is not there", ["run/a", "run/b"], ["a", "b"], [0, 1]],
    ["unless the list has two such", ["x/a", "y/a"], ["a"], ["ambiguous"]],
    ["unless there are two such files", ["a", "b"], ["x/a", "y/a", "b"], ["ambiguous", "ambiguous", 1]],
    ["and a file elsewhere is not taken for one of the same name", ["x/a", "y/a"], ["x/a", "z/a"], [0, "ambiguous"]],
    ["but a name with two digests has none", ["a", "a"], ["a", "c"], ["twice", "unlisted"]],
  ])("%s", (_, listed, names, found) => {
    expect(matched(listed, names)).toEqual(found);
  });

  test("absolute names are not taken to be in the folder of the list", () => {
    expect(lists.read([{ name: "run/MD5SUMS", text: `${MD5}  /data/a\n${MD5}  ./b\n` }])).toMatchObject({ options: { expected: `${MD5}  /data/a\n${MD5}  run/b\n` } });
  });
});

describe("a question", () => {
  test("is about the files of both choices", async () => {
    const said = serve();
    renderAt("/");
    choose("Choose files", file("a.csv"));
    await screen.findByTestId("question");
    choose("Choose files", file("b.csv"), file("c.bam"));
    expect(await screen.findByRole("heading", { name: "2 of these 3 files look like CSV files." })).toBeTruthy();
    fireEvent.click(within(screen.getByTestId("question")).getByRole("button", { name: "Get MD5s" }));
    await waitFor(() => {
      expect(said).toEqual(["a.csv: -", "b.csv: -", "c.bam: -"]);
    });
  });

  test("offers each job once", async () => {
    renderAt("/");
    choose("Choose files", file("a.csv"));
    const question = await screen.findByTestId("question");
    fireEvent.click(screen.getByRole("radio", { name: "Import contacts" }));
    expect(within(question).getAllByRole("button").map(({ textContent }) => textContent)).toEqual(["Import contacts", "Cancel"]);
  });

  test("is not needed once Space has chosen the job that was checked already", () => {
    renderAt("/");
    fireEvent.keyDown(screen.getByRole("radio", { name: "Get MD5s" }), { key: " " });
    expect(location.search).toBe("?kind=md5");
  });
});
