import type { ComponentType, ReactNode, RefCallback } from "react";
import type { Filters, Parameters, Task } from "../api/types";

/**
 * Everything that the page knows of a kind. The folder of a kind exports, as `view`, what differs from the plain view (`plain.tsx`).
 *
 * A view is loaded with the first page. It imports nothing from `task`, `tasks` and `upload`, which import it; its pages may,
 * because they are loaded on demand.
 */
export interface KindView {
  /** Its name on the page; without a view, its name in the API. */
  name: string;
  /** What people use it for, at least one; each is a choice on the first page. */
  jobs: readonly Job[];
  /** What these files look like, before they are uploaded; null: like nothing that this kind knows. */
  guess: (files: readonly Sample[]) => Guess | null;

  words: (task: Task) => Words;
  /** Rows below the id of a task, with values that people read, compare and copy. */
  codes: (task: Task) => readonly Code[];
  /** The result of a file, below its codes; also rendered before there is a result. */
  Result: ComponentType<{ task: Task }>;
  /** The result in one line, for the list of all tasks. */
  summary: (task: Task) => ReactNode;
  /** The verdict on a finished file that is bad: `does not match`. It is shown as the status and counted as a problem. */
  warning: (task: Task) => string | null;
  /** The verdict that is good: `matches`. It is shown as the status. */
  confirmation: (task: Task) => string | null;
  /** What a screen reader reads right after the status: after `Matches`, ` the expected MD5`. */
  spoken: (task: Task) => string;

  /** The results of several finished files together. */
  sumUp: (tasks: readonly Task[]) => Sum | null;
  /** A button for several finished files together. */
  ForAll: ComponentType<{ tasks: readonly Task[] }> | null;

  /** Whether the file produced rows that outlive its bytes, so that there is something to delete when the bytes are gone. */
  keepsRows: boolean | ((task: Task) => boolean);
  deletion: (task: Task) => Deletion;

  /** Filters of the list of all tasks, in addition to those for every kind. */
  filters: readonly TaskFilter[];
  pages: readonly KindPage[];
}

/** Something that people come to do, such as `Check a delivery`. */
export interface Job {
  /** In the URL, `/?job=check`. The first job of a kind needs none: its URL is `/?kind=md5`. */
  id?: string;
  name: string;
  /** Below its name, where it is chosen. */
  help: string | null;
  /** What the job yields: `the MD5 of each file`. */
  gives: string;
  /** The fields of its parameters. */
  Options?: ComponentType<OptionsProps>;
  /** Files that are options of the job. */
  lists?: Lists;
  /**
   * The parameters of each of these files. Without it, each gets all options that are filled in. `others`: the names of
   * files that were chosen with them, but are not uploaded.
   */
  paramsOf?: (options: OptionTexts, names: readonly string[], others: readonly string[]) => Prepared;
  /** Why these files do not look right for the job, as a sentence. They are uploaded anyway. */
  doubt?: (files: readonly Sample[]) => string | null;
}

/** Files that are options of a job: they are read, not uploaded. */
export interface Lists {
  /** Whether a file of this name may be one, so that it is read even among many files. */
  isNamed: (name: string) => boolean;
  /** The positions of the lists among the files. `options`: what the fields contain. */
  among: (files: readonly Sample[], options: OptionTexts) => readonly number[];
  /** Whether a list may replace these contents of the fields. */
  mayReplace: (options: OptionTexts) => boolean;
  /** The contents of the fields that these lists give. The refusal continues the sentence `Nothing was uploaded: `. */
  read: (lists: readonly { name: string; text: string }[]) => { ok: true; options: OptionTexts } | { ok: false; refusal: string; options?: OptionTexts };
}

/** What is known about a file before it is uploaded. */
export interface Sample {
  name: string;
  /** Its first bytes, a kilobyte or more; empty if they were not read. */
  head: Uint8Array;
}

export interface Guess {
  /** The `id` of the job that suits the files; null: the first. */
  job: string | null;
  /** The positions of the files that this is about. */
  files: readonly number[];
  /** `These 3 files look like lists of contacts.` */
  says: string;
  /** These files are lists, which the job reads; it is about all files. */
  areLists?: boolean;
}

/** The texts in the fields of the options, by name. An empty or missing text means that the option is not given. */
export type OptionTexts = Readonly<Record<string, string>>;

export interface OptionsProps {
  options: OptionTexts;
  onChange: (options: OptionTexts) => void;
  /** The field that gets the focus if files are refused because of it. */
  ref: RefCallback<HTMLElement>;
}

export type Params = Omit<Parameters, "kind" | "batch">;

export type Prepared =
  | {
      ok: true;
      /** In the order of the names. */
      params: readonly Params[];
      /** Remarks that stay beside the files, in the order of the names: `Not in the list`. */
      remarks?: readonly (string | null)[];
      /** The name of each file in a list, in the order of the names; null: it is in none. */
      listedAs?: readonly (string | null)[];
      /** Files that should be there, and with which parameters. */
      missing?: readonly { name: string; params: Params }[];
      note?: string | null;
      /** The new contents of the fields, if they change. */
      options?: OptionTexts;
    }
  /** Nothing is uploaded; the refusal continues the sentence `Nothing was uploaded: `. */
  | { ok: false; refusal: string };

/** The words for the work on a task in its present state. */
export interface Words {
  /** `Being hashed` */
  being: string;
  /** `12.0 MB of 24.0 MB hashed` */
  been: string;
  /** `Hashing of reads.bam` */
  naming: string;
  /** `Hashed: writing the log line` */
  finished: string;
  /** The work that remains when all parts have finished: `A worker began to count`, `Queued to be counted`. */
  close: string;
  closed: string;
  /** How far it is: `33 %`, or `12.0 MB of 24.0 MB`. */
  progress: "percent" | "amount";
}

export interface Code {
  name: string;
  value: string;
  testId: string;
  /** What the Copy button copies, in its label; without it there is no button. */
  of?: string;
}

export interface Sum {
  words: string;
  testId: string;
}

export interface Deletion {
  /** Its name, as a command: `Undo this import`. */
  action: string;
  /** What will be lost, in a sentence. */
  loses: string;
  /** What stays, in a sentence. */
  stays: string;
  /** Its entry in the history: `The contacts were deleted`. */
  gone: string;
}

export interface TaskFilter {
  /** As in the API and in URLs. */
  name: Exclude<keyof Filters, "limit" | "cursor">;
  label: string;
  isCode?: boolean;
  /** The value to filter by, from the text that was typed; null: none. */
  parse: (text: string) => { ok: true; value: string | null } | { ok: false; message: string };
}

export interface KindPage {
  /** Its path, which must be one of those at which the API serves the page. */
  path: string;
  /** In the navigation. */
  name: string;
  /** `lazily(…)`, so that the first page does not load it. */
  Page: ComponentType;
}
