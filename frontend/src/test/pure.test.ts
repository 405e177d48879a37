import { afterEach, describe, expect, test, vi } from "vitest";
import { idFrom, isId } from "../lookup/taskId";
import { formatBytes, formatDuration, formatSize, formatSpeed, percentOf, shownName } from "../shared/format";
import { parseDigest } from "../kinds/md5/digest";
import { parseExpected } from "../kinds/md5/expected";
import { Speedometer } from "../shared/speed";
import { beginningOf, dayFrom, dayUntil, endOf } from "../tasks/days";
import { ID, MD5 } from "./server";

describe("expected digest", () => {
  test.each([
    MD5,
    `  ${MD5.toUpperCase()}\n`,
    `${MD5}  sample 1.fastq.gz`,
    `${MD5} *sample.bam`,
    `\\${MD5}  odd\\nname`,
    `MD5 (sample.bam) = ${MD5}`,
  ])("taken from %j", (text) => {
    expect(parseDigest(text)).toEqual({ ok: true, digest: MD5 });
  });

  test("nothing typed is no digest", () => {
    expect(parseDigest("  ")).toEqual({ ok: true, digest: null });
  });

  test.each([
    [MD5.slice(1), "this has 31"],
    [`${MD5}0`, "this has 33"],
    ["g".repeat(32), "other characters"],
    [`${MD5}  a\n${MD5}  b`, "more than one line"],
  ])("refused: %j", (text, why) => {
    expect(parseDigest(text)).toEqual({ ok: false, message: expect.stringContaining(why) as string });
  });
});

describe("a list as md5sum writes it", () => {
  const other = MD5.replace("9", "8");
  const listOf = (...lines: string[]) => {
    const parsed = parseExpected(lines.join("\n"));
    if (!parsed.ok || parsed.expected.kind !== "manifest") throw new Error("no list");
    const { manifest } = parsed.expected;
    const digestsFor = (names: string[]) => manifest.match(names).found.map((line) => (typeof line === "string" ? null : line.digest));
    return { size: manifest.size, digestsFor, missing: (names: string[]) => manifest.match(names).missing.map(({ name }) => name) };
  };

  test("names are taken as they are written, escaped ones as they were", () => {
    const list = listOf(`${MD5}  ./run 1/a.bam`, `${other} *b.bam`, `\\${MD5}  c\\nd\\\\e`, "", `MD5 (f) = ${other}`);
    expect(list.digestsFor(["run 1/a.bam", "b.bam", "c\nd\\e", "f", "g"])).toEqual([MD5, other, MD5, other, null]);
    expect(list.size).toBe(4);
  });

  test("a file is found in a list that was made above its folder, or in it, or beside single files", () => {
    const names = ["run/README", "run/sub/README", "run/x"];
    const above = listOf(`${MD5}  data/run/README`, `${other}  data/run/sub/README`, `${MD5}  data/run/x`);
    const inside = listOf(`${MD5}  ./README`, `${other}  ./sub/README`, `${MD5}  ./x`);
    for (const list of [above, inside]) expect(list.digestsFor(names)).toEqual([MD5, other, MD5]);
    expect(listOf(`${MD5}  README`, `${MD5}  x`).digestsFor(names)).toEqual([MD5, null, MD5]); // and none for that of another folder
    expect(listOf(`${MD5}  lane/a`, `${other}  lane/b`).digestsFor(["b", "a"])).toEqual([other, MD5]);
    expect(listOf(`${MD5}  a`, `${other}  a`, `${MD5}  b`).digestsFor(["a", "b"])).toEqual([null, MD5]); // which of the two?
  });

  test("lines without a file are missing, by their names in the list", () => {
    const list = listOf(`${MD5}  ./run/a`, `${other}  run/b`, `${MD5}  run/c`);
    expect(list.missing(["b", "x"])).toEqual(["run/a", "run/c"]);
    expect(list.missing(["x"])).toEqual(["run/a", "run/b", "run/c"]);
    expect(list.missing(["all/run/a", "all/run/b", "all/run/c"])).toEqual([]);
  });

  test("lines of comment are passed over, and a name may begin with a star or a blank", () => {
    expect(listOf("# by us", `${MD5}  *star`, `${other}   blank`).digestsFor(["*star", " blank"])).toEqual([MD5, other]);
  });

  test("a line that is none is shown", () => {
    expect(parseExpected(`${MD5}  a\nnonsense`)).toEqual({ ok: false, message: "Line 2 is not a line as md5sum writes it: nonsense" });
    expect(parseExpected(`${MD5}\n${MD5}`)).toMatchObject({ ok: false });
  });
});

describe("id", () => {
  test.each([
    ID,
    ` ${ID.toUpperCase()} `,
    `http://host:9000/v1/tasks/${ID}`,
    `https://host/?id=${ID}`,
    `https://host/tasks/${ID}/`,
    `https://host/tasks/${ID}?x=1`,
    `https://host/tasks/${ID}#a`,
    `http://host:9000/v1/tasks/${ID}/file`,
    `The id is ${ID}, and another ${ID.replace("0", "1")}`,
  ])("found in %j", (text) => {
    expect(idFrom(text)).toBe(ID);
  });

  test.each(["", "..", MD5, `${ID}0`, `0${ID}`, `${ID}.bam`, `run-${ID}`])("not in %j", (text) => {
    expect(isId(idFrom(text))).toBe(false);
  });
});

describe("numbers", () => {
  test.each([
    [0, "0 bytes"],
    [1, "1 byte"],
    [999, "999 bytes"],
    [1000, "1.00 KB"],
    [9994, "9.99 KB"],
    [9995, "10.0 KB"],
    [999_499, "999 KB"],
    [999_500, "1.00 MB"],
    [3_221_225_472, "3.22 GB"],
    [450e9, "450 GB"],
    [Number.MAX_SAFE_INTEGER, "9.01 PB"],
  ])("size of %i", (bytes, text) => {
    expect(formatSize(bytes)).toBe(text);
  });

  test("bytes, speed, per cent, duration", () => {
    expect(formatBytes(3_221_225_472)).toBe("3,221,225,472 bytes");
    expect(formatSpeed(112_345_678.9)).toBe("112 MB/s");
    expect([percentOf(999, 1000), percentOf(1000, 1000), percentOf(0, 0)]).toEqual([99, 100, 100]);
    expect([0.2, 59, 240, 3600, 7800].map(formatDuration)).toEqual(["1 s", "59 s", "4 min", "1 h", "2 h 10 min"]);
  });

  test("speed is of the last seconds, and unknown at first", () => {
    const speedometer = new Speedometer(4000);
    expect(speedometer.measure(0, 0)).toBeNull();
    expect(speedometer.measure(1000, 100)).toBeNull();
    expect(speedometer.measure(10_000, 1000)).toBe(10_000);
    expect(speedometer.measure(10_000, 6000)).toBe(0);
    expect(speedometer.measure(0, 7000)).toBeNull(); // begun anew
  });
});

describe("days of a place where the clock changes at midnight", () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  test.each([
    ["America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"],
    ["Asia/Beirut", "2022-03-27", "2022-03-26T22:00:00Z", "2022-03-27T21:00:00Z"],
    ["Africa/Cairo", "2024-04-26", "2024-04-25T22:00:00Z", "2024-04-26T21:00:00Z"],
    ["Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"],
  ])("in %s: %s", (zone, day, from, to) => {
    vi.stubEnv("TZ", zone);
    expect([beginningOf(day), endOf(day)]).toEqual([from, to]);
    expect([dayFrom(from), dayUntil(to)]).toEqual([day, day]);
  });
});

test("characters of a name that are not seen, or that turn the others round, are shown", () => {
  expect(shownName("ünï 名 👍‍🔥.bam")).toBe("ünï 名 👍‍🔥.bam");
  expect(shownName("a\u202egpj.exe\u2066\n\u007f\u0085")).toBe("a[U+202E]gpj.exe[U+2066][U+000A][U+007F][U+0085]");
});
