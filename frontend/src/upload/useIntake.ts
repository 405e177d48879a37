import { useState } from "react";
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

  function refuse(why: string, notes: readonly string[] = []) {
    setSaid({ ...NOTHING, notes, refusal: `Nothing ${notes.length === 0 ? "" : "else "}was uploaded: ${why}` });
  }

  async function take(chosen: readonly Chosen[]) {
    setQuestion(null);
    const wrong = whyNot(chosen.length);
    if (wrong !== null) {
      refuse(wrong);
      return;
    }
    const { files, again } = withoutAwaited(chosen);
    const samples = await samplesOf(files);
    const guesses = guessesOf(samples);
    const other = guesses.filter((guess) => guess.offer.id !== chosenOffer.id);
    const unclear = other.filter((guess) => isAboutAll(guess, files.length));
    if (files.length === 0) setSaid({ ...NOTHING, notes: again });
    else if (!isChosen && unclear.length > 0) {
      setSaid({ ...NOTHING, notes: again });
      setQuestion({ files, samples, guesses: unclear });
    } else {
      const asked = { files, samples, guesses };
      const instead = (isChosen ? unclear : other.filter(({ optionsFrom }) => optionsFrom === undefined)).map((guess) => ({ guess, question: asked }));
      await upload(asked, chosenOffer, { ...NOTHING, notes: again, instead });
    }
  }

  /** Upload the files of a question for this job; `said`: messages to show as well. */
  async function upload({ files, samples, guesses }: Question, offer: Offer, said: Said = NOTHING) {
    setQuestion(null);
    const { job, kind } = offer;
    const lists = guesses.find((guess) => guess.offer.id === offer.id && guess.optionsFrom !== undefined);
    const isList = (index: number) => lists?.files.includes(index) === true;
    const rest = files.filter((_, index) => !isList(index));
    const notes = [...said.notes];
    let options = optionsOf(offer);
    if (lists?.optionsFrom !== undefined) {
      const texts = await textsOf(files.filter((_, index) => isList(index)));
      if (texts === null) {
        refuse("the list to check against cannot be read, or is too large.");
        return;
      }
      const isUsed = rest.length === 0 || !isFilledIn(options);
      if (isUsed) options = lists.optionsFrom(texts);
      if (rest.length === 0) {
        setOptions(offer, options);
        setSaid({ ...NOTHING, notes: [`${named(texts)} is now in the field. Choose the files next.`] });
        return;
      }
      notes.push(`${named(texts)} ${isUsed ? "was used as the list to check against" : "was not used, because the field is filled in"}. It was not uploaded.`);
    }
    const names = rest.map(({ name }) => name);
    const prepared = (job.paramsOf ?? sameForAll)(options, names);
    if (!prepared.ok) {
      if (isFilledIn(options)) setOptions(offer, options); // also those of a list, which can be corrected there
      refuse(prepared.refusal, said.notes);
      onRefused();
      return;
    }
    if (prepared.options !== undefined) setOptions(offer, prepared.options);
    const folder = batch.trim() === "" ? folderOf(rest) : null;
    const batched = { batch: folder ?? batch.trim() };
    const common = { kind, ...(batched.batch !== "" && batched) };
    const wanted = rest.map(({ file, name }, index): Wanted => {
      const remark = prepared.remarks?.[index] ?? null;
      return { file, name, size: file.size, params: { ...common, ...prepared.params[index] }, remark };
    });
    const missing = (prepared.missing ?? []).slice(0, MOST_FILES);
    queue.add([...wanted, ...missing.map(({ name, params }): Wanted => ({ file: null, name, size: 0, params: { ...common, ...params }, remark: null }))]);
    if (prepared.note) notes.push(prepared.note);
    const doubt = said.instead.length === 0 ? job.doubt?.(samples) : null;
    if (doubt) notes.push(doubt);
    if (folder !== null) notes.push(`The batch is “${folder}”, the name of the folder.`);
    setSaid({ refusal: null, notes, instead: said.instead });
  }

  /** Uploads the files that the list is waiting for, each with the parameters that it has there. */
  function withoutAwaited(chosen: readonly Chosen[]): { files: readonly Chosen[]; again: string[] } {
    const files: Chosen[] = [];
    const awaited: Wanted[] = [];
    for (const one of chosen) {
      const wanted = queue.awaitedBy(one.name);
      if (wanted !== null && (!isChosen || wanted.params.kind === chosenOffer.kind)) awaited.push({ ...wanted, file: one.file, size: one.file.size });
      else files.push(one);
    }
    if (awaited.length > 0) queue.add(awaited);
    const again = `${count(awaited.length, "file")} that this list was waiting for ${awaited.length === 1 ? "was" : "were"} added.`;
    return { files, again: awaited.length === 0 ? [] : [again] };
  }

  const forget = () => {
    setSaid(NOTHING);
  };
  const cancel = () => {
    setQuestion(null);
  };
  return { take, upload, refuse, forget, cancel, question, ...said };
}

const isFilledIn = (options: OptionTexts): boolean => Object.values(options).some((text) => text.trim() !== "");

const named = (lists: readonly { name: string }[]): string =>
  lists.length === 1 ? (lists[0]?.name ?? "") : `The content of ${formatNumber(lists.length)} lists`;

function whyNot(count: number): string | null {
  if (count === 0) return "the selection has no files.";
  if (count <= MOST_FILES) return null;
  return `you chose more than ${formatNumber(MOST_FILES)} files. Choose fewer, or use the command line: md5-service put takes any number.`;
}
