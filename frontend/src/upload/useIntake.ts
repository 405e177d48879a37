import { useRef, useState } from "react";
import type { Offer } from "../kinds/jobs";
import { sameForAll } from "../kinds/plain";
import type { OptionTexts, Sample } from "../kinds/view";
import { count, formatNumber } from "../shared/format";
import { folderOf, MOST_FILES, type Chosen, type Wanted } from "./chosen";
import { guessesOf, isAboutAll, type Guessed } from "./guesses";
import type { UploadQueue } from "./queue";
import { samplesOf, textsOf } from "./samples";

export interface Question {
  files: readonly Chosen[];
  samples: readonly Sample[];
  guesses: readonly Guessed[];
  /** What was said before. */
  notes: readonly string[];
}

/** The outcome of the last choice of files. */
interface Said {
  refusal: string | null;
  notes: readonly string[];
  /** What might have been meant instead. */
  instead: readonly { guess: Guessed; question: Question }[];
}

interface Setting {
  queue: UploadQueue;
  offer: Offer;
  isChosen: boolean;
  optionsOf: (offer: Offer) => OptionTexts;
  setOptions: (offer: Offer, options: OptionTexts) => void;
  batch: string;
  onRefused: () => void;
}

const NOTHING: Said = { refusal: null, notes: [], instead: [] };

/** Puts chosen files into the queue, and asks first if it is not clear what for. */
export function useIntake({ queue, offer: chosenOffer, isChosen, optionsOf, setOptions, batch, onRefused }: Setting) {
  const [said, setSaid] = useState(NOTHING);
  const [question, setQuestion] = useState<Question | null>(null);
  const asked = useRef<Question | null>(null); // the same, but never out of date

  function refuse(why: string, notes: readonly string[] = []) {
    setSaid({ ...NOTHING, notes, refusal: `Nothing ${notes.length === 0 ? "" : "else "}was uploaded: ${why}` });
  }

  function ask(next: Question | null) {
    asked.current = next;
    setQuestion(next);
  }

  async function take(chosen: readonly Chosen[]) {
    const wrong = whyNot(chosen.length, asked.current?.files.length ?? 0);
    if (wrong !== null) {
      refuse(wrong);
      return;
    }
    const read = await samplesOf(chosen);
    const open = asked.current; // only now: another choice may have led to a question in the meantime
    ask(null);
    const all = open === null ? { files: chosen, samples: read } : joined(open, { files: chosen, samples: read });
    const { files, samples, again } = bringsList(all.samples) ? { ...all, again: [] } : withoutAwaited(all.files, all.samples);
    const notes = [...(open?.notes ?? []), ...again];
    const guesses = guessesOf(samples);
    const other = guesses.filter((guess) => guess.offer.id !== chosenOffer.id);
    const unclear = other.filter((guess) => open !== null || isAboutAll(guess, files.length));
    if (files.length === 0) setSaid({ ...NOTHING, notes });
    else if (!isChosen && unclear.length > 0) {
      setSaid({ ...NOTHING, notes });
      ask({ files, samples, guesses: unclear, notes });
    } else {
      const instead = (isChosen ? unclear : other.filter(({ areLists }) => areLists !== true)).map((guess) => ({
        guess,
        question: { files, samples, guesses, notes: [] },
      }));
      await upload({ files, samples, guesses, notes }, chosenOffer, instead);
    }
  }

  /** Whether the files have a list of their own, or one is in the field, so that no other list decides about them. */
  function bringsList(samples: readonly Sample[]): boolean {
    const { lists } = chosenOffer.job;
    const options = optionsOf(chosenOffer);
    return guessesOf(samples).some(({ areLists }) => areLists) || (lists !== undefined && (isFilledIn(options) || lists.among(samples, options).length > 0));
  }

  /** Upload the files of a question for this job; `instead`: what might have been meant. */
  async function upload({ files, samples, notes: before }: Question, offer: Offer, instead: Said["instead"] = []) {
    ask(null);
    const { job, kind } = offer;
    let options = optionsOf(offer);
    const found = job.lists?.among(samples, options) ?? [];
    const isList = (index: number) => found.includes(index);
    const rest = files.filter((_, index) => !isList(index));
    const lists = files.filter((_, index) => isList(index));
    const notes = [...before];
    if (job.lists !== undefined && lists.length > 0) {
      const isUsed = rest.length === 0 || job.lists.mayReplace(options);
      if (isUsed) {
        const texts = await textsOf(lists);
        const read = texts.ok ? job.lists.read(texts.texts) : texts;
        if (!read.ok) {
          refuse(read.refusal, before);
          if (read.options !== undefined) {
            setOptions(offer, read.options);
            onRefused();
          }
          return;
        }
        options = read.options;
      }
      if (rest.length === 0) {
        setOptions(offer, options);
        setSaid({ ...NOTHING, notes: [...before, `${named(lists)} is now in the field. Choose the files next.`] });
        return;
      }
      notes.push(`${named(lists)} ${isUsed ? "was used as the list to check against" : "was not used, because the field is filled in"}. It was not uploaded.`);
    }
    const namesOf = (some: readonly Chosen[]) => some.map(({ name }) => name);
    const prepared = (job.paramsOf ?? sameForAll)(options, namesOf(rest), namesOf(lists));
    if (!prepared.ok) {
      refuse(prepared.refusal, before);
      onRefused();
      return;
    }
    if (prepared.options !== undefined) setOptions(offer, prepared.options);
    const folder = batch.trim() === "" ? folderOf(rest) : null;
    const batchName = folder ?? batch.trim();
    const common = { kind, ...(batchName !== "" && { batch: batchName }) };
    const wanted = rest.map(({ file, name }, index): Wanted => {
      const remark = prepared.remarks?.[index] ?? null;
      return { file, name, size: file.size, params: { ...common, ...prepared.params[index] }, remark, listedAs: prepared.listedAs?.[index] ?? null };
    });
    const missing = (prepared.missing ?? []).slice(0, MOST_FILES);
    const added = queue.add(
      [...wanted, ...missing.map(({ name, params }): Wanted => ({ file: null, name, size: 0, params: { ...common, ...params }, remark: null }))],
      { isAgain: prepared.missing !== undefined },
    );
    if (prepared.note) notes.push(prepared.note);
    if (added.awaited > 0) notes.push(wasAdded(added.awaited));
    if (added.again > 0) notes.push(`${count(added.again, "file")} already in this list ${added.again === 1 ? "is" : "are"} checked again.`);
    const doubt = instead.length === 0 ? job.doubt?.(samples) : null;
    if (doubt) notes.push(doubt);
    if (folder !== null) notes.push(`The batch is “${folder}”, the name of the folder.`);
    setSaid({ refusal: null, notes, instead });
  }

  /** Uploads the files that the list is waiting for, each with the parameters that it has there. */
  function withoutAwaited(chosen: readonly Chosen[], read: readonly Sample[]): { files: readonly Chosen[]; samples: readonly Sample[]; again: string[] } {
    const rest: number[] = [];
    const awaited: Wanted[] = [];
    const unclear: string[] = [];
    const taken = new Set<number>();
    chosen.forEach(({ file, name }, index) => {
      const row = queue.awaitedBy(name, taken);
      if (row === "many" && (!isChosen || chosenOffer.job.lists !== undefined)) unclear.push(name);
      else if (row === null || row === "many" || (isChosen && row.chosen.params.kind !== chosenOffer.kind)) rest.push(index);
      else {
        taken.add(row.key);
        awaited.push({ ...row.chosen, file, size: file.size });
      }
    });
    if (awaited.length > 0) queue.add(awaited);
    const again = awaited.length === 0 ? [] : [wasAdded(awaited.length)];
    for (const name of unclear) again.push(`${name} was not uploaded: this list is waiting for more than one file of that name. Choose it together with its list.`);
    const pick = <One,>(all: readonly One[]) => all.filter((_, index) => rest.includes(index));
    return { files: pick(chosen), samples: pick(read), again };
  }

  const forget = () => {
    setSaid(NOTHING);
  };
  const cancel = () => {
    ask(null);
  };
  return { take, upload, refuse, forget, cancel, question, ...said };
}

const isFilledIn = (options: OptionTexts): boolean => Object.values(options).some((text) => text.trim() !== "");

const named = (lists: readonly { name: string }[]): string =>
  lists.length === 1 ? (lists[0]?.name ?? "") : `The content of ${formatNumber(lists.length)} lists`;

const wasAdded = (number: number): string => `${count(number, "file")} that this list was waiting for ${number === 1 ? "was" : "were"} added.`;

interface Read {
  files: readonly Chosen[];
  samples: readonly Sample[];
}

/** Both choices; a file that was chosen twice is there once. */
function joined(before: Read, next: Read): Read {
  const keyOf = ({ name, file }: Chosen) => JSON.stringify([name, file.size, file.lastModified]);
  const chosen = new Set(next.files.map(keyOf));
  const kept = [...before.files.entries()].filter(([, one]) => !chosen.has(keyOf(one)));
  return {
    files: [...kept.map(([, one]) => one), ...next.files],
    samples: [...kept.flatMap(([index]) => before.samples[index] ?? []), ...next.samples],
  };
}

function whyNot(count: number, before: number): string | null {
  if (count === 0) return "the selection has no files.";
  if (count + before <= MOST_FILES) return null;
  const together = before === 0 ? "" : ", together with those that you are asked about";
  return `you chose more than ${formatNumber(MOST_FILES)} files${together}. Choose fewer, or use the command line: md5-service put takes any number.`;
}
