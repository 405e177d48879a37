import type { ComponentType, ReactNode, RefCallback } from "react";
import type { Filters, Parameters, Task } from "../api/types";

/**
 * All that the page knows of a kind. The folder of a kind exports as `view` what differs from the plain view (`plain.tsx`).
 *
 * A view is loaded with the first page. It imports nothing from `task`, `tasks` and `upload`, which import it; its pages may, as
 * they are loaded on demand.
 */
export interface KindView {
  /** What people call it; without a view, its name in the API. */
  name: string;
  /** What people use it for, at least one; each is a choice on the first page. */
  jobs: readonly Job[];
  /** What these files look like, before anything is uploaded; null: nothing that this kind knows. */
  guess: (files: readonly Sample[]) => Guess | null;

  words: (task: Task) => Words;
  /** Rows below the id of a task: what is read, compared and copied. */
  codes: (task: Task) => readonly Code[];
  /** The result of a file, below its codes; also drawn while there is no result yet. */
  Result: ComponentType<{ task: Task }>;
  /** The same in a line, for the list of all tasks. */
  summary: (task: Task) => ReactNode;
  /** The verdict on a finished file that is bad: `does not match`. It is shown as the status and counted as a problem. */
  warning: (task: Task) => string | null;
  /** The verdict that is good: `matches`. It is shown as the status. */
  confirmation: (task: Task) => string | null;
  /** What a screen reader says right after the status: `Matches`, and then ` the expected MD5`. */
  spoken: (task: Task) => string;

  /** The results of several finished files together. */
  sumUp: (tasks: readonly Task[]) => Sum | null;
  /** A button for several finished files together. */
  ForAll: ComponentType<{ tasks: readonly Task[] }> | null;

  /** Whether rows came of a file that outlive its bytes, so that there is something to delete without them. */
  keepsRows: boolean;
  deletion: (task: Task) => Deletion;

  /** Filters of the list of all tasks, in addition to those for every kind. */
  filters: readonly TaskFilter[];
  pages: readonly KindPage[];
}

/** A reason to come to the first page: `Check a delivery`. */
export interface Job {
  /** In the address, `/?job=check`. The first job of a kind needs none: its address is `/?kind=md5`. */
  id?: string;
  name: string;
  /** Below its name, where it is chosen. */
  help: string | null;
  /** What there is in the end: `the MD5 of each file`. */
  gives: string;
  /** The fields of its parameters. */
  Options?: ComponentType<OptionsProps>;
  /** The parameters of each of these files. Without it, each gets all options that are filled in. */
  paramsOf?: (options: OptionTexts, names: readonly string[]) => Prepared;
  /** Why these files do not look right for the job, as a sentence. They are uploaded all the same. */
  doubt?: (files: readonly Sample[]) => string | null;
}

/** What is known of a file before it is uploaded. */
export interface Sample {
  name: string;
  /** Its first bytes, at most a kilobyte; empty where they were not read. */
  head: Uint8Array;
}

export interface Guess {
  /** The `id` of the job that the files look made for; null: the first. */
  job: string | null;
  /** The files that it is about, by their positions. */
  files: readonly number[];
  /** `These 3 files look like lists of contacts.` */
  says: string;
  /** These files are the job's options: they are read, not uploaded. */
  optionsFrom?: (files: readonly { name: string; text: string }[]) => OptionTexts;
}

/** Options as they stand in their fields, by name. What is empty, or not there, is not given. */
export type OptionTexts = Readonly<Record<string, string>>;

export interface OptionsProps {
  options: OptionTexts;
  onChange: (options: OptionTexts) => void;
  /** For the field that gets the focus when files were refused because of it. */
  ref: RefCallback<HTMLElement>;
}

export type Params = Omit<Parameters, "kind" | "batch">;

export type Prepared =
  | {
      ok: true;
      /** In the order of the names. */
      params: readonly Params[];
      /** What is to be said of a file all along, in the order of the names: `Not in the list`. */
      remarks?: readonly (string | null)[];
      /** Files that should be there, and with which parameters. */
      missing?: readonly { name: string; params: Params }[];
      note?: string | null;
      /** What is in the fields from now on, where that changes. */
      options?: OptionTexts;
    }
  /** Nothing is uploaded; the refusal goes on after `Nothing was uploaded: `. */
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
  /** The work that is left when all parts have finished: `A worker began to count`, `Queued to be counted`. */
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
  /** What it is called, as a command: `Undo this import`. */
  action: string;
  /** What will be lost, in a sentence. */
  loses: string;
  /** What stays, in a sentence. */
  stays: string;
  /** How the history tells it: `The contacts were deleted`. */
  gone: string;
}

export interface TaskFilter {
  /** As in the API and in addresses. */
  name: Exclude<keyof Filters, "limit" | "cursor">;
  label: string;
  isCode?: boolean;
  /** The value to filter by, from the text that was typed; null: none. */
  parse: (text: string) => { ok: true; value: string | null } | { ok: false; message: string };
}

export interface KindPage {
  /** Its address, also one of those that `api` serves the page at. */
  path: string;
  /** In the navigation. */
  name: string;
  /** `lazily(…)`, so that the first page does not load it. */
  Page: ComponentType;
}
