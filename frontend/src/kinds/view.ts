import type { ComponentType, ReactNode, RefCallback } from "react";
import type { Filters, Parameters, Task } from "../api/types";

/**
 * All that the page knows of a kind. The folder of a kind exports as `view` what differs from the plain view (`plain.tsx`).
 *
 * What a view imports is loaded with the first page, and imports nothing of `task`, `tasks`, `upload`, which ask it: only its
 * pages do, which are loaded when they are wanted.
 */
export interface KindView {
  /** What people call it; without a view, what the API does. */
  name: string;
  /** What it is for: beside its name, where it is chosen. */
  help: string | null;
  /** What there is under the id in the end: `the MD5 of the file`. */
  gives: string;
  /** What is done between the id and the line in the log, before there are any files. */
  WhatHappens: ComponentType;

  /** The fields of its parameters; null: it has none. */
  Options: ComponentType<OptionsProps> | null;
  /** What the service is told with each of these files; the plain view tells all that is filled in. */
  paramsOf: (options: OptionTexts, names: readonly string[]) => Prepared;

  words: (task: Task) => Words;
  /** Rows below the id of a task: what is read, compared and copied. */
  codes: (task: Task) => readonly Code[];
  /** What came of a file, below its codes; also drawn while there is no result yet. */
  Result: ComponentType<{ task: Task }>;
  /** The same in a line, for the list of all tasks. */
  summary: (task: Task) => ReactNode;
  /** What nobody must miss of a file that is done: `does not match`. Such files are counted as not as expected. */
  warning: (task: Task) => string | null;
  /** What a screen reader says right behind the status: `, matches the expected MD5`. */
  spoken: (task: Task) => string;

  /** What came of several files that are done, together. */
  sumUp: (tasks: readonly Task[]) => Sum | null;
  /** What can be done with several files that are done, together: a button. */
  ForAll: ComponentType<{ tasks: readonly Task[] }> | null;

  /** Whether rows came of a file that outlive its bytes, so that there is something to delete without them. */
  keepsRows: boolean;
  deletion: (task: Task) => Deletion;

  /** What the list of all tasks can be narrowed by, beside what every task has. */
  filters: readonly TaskFilter[];
  pages: readonly KindPage[];
}

/** Options as they stand in their fields, by name. What is empty, or not there, is not given. */
export type OptionTexts = Readonly<Record<string, string>>;

export interface OptionsProps {
  options: OptionTexts;
  onChange: (options: OptionTexts) => void;
  /** For the field that gets the focus when files were refused though something was filled in. */
  ref: RefCallback<HTMLElement>;
}

export type Params = Omit<Parameters, "kind">;

export type Prepared =
  /** `params`: in the order of the names. `options`: what is in the fields from now on, where that changes. */
  | { ok: true; params: readonly Params[]; note?: string | null; options?: OptionTexts }
  /** Nothing is handed over; the refusal goes on after `Nothing was handed over: `. */
  | { ok: false; refusal: string };

/** How the work on a task is told, as it stands now. */
export interface Words {
  /** `Being hashed` */
  being: string;
  /** `12.0 MB of 24.0 MB hashed` */
  been: string;
  /** `Hashing of reads.bam` */
  naming: string;
  /** `Hashed: writing the log line` */
  finished: string;
  /** What is left to do when all parts have ended: `A worker began to count`, `Queued to be counted`. */
  close: string;
  closed: string;
  /** How far it is: `33 %`, or `12.0 MB of 24.0 MB`. */
  progress: "percent" | "amount";
}

export interface Code {
  name: string;
  value: string;
  testId: string;
  /** What the Copy button says that it copies; without it there is none. */
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
  /** What is asked for when this was typed; null: nothing. */
  parse: (text: string) => { ok: true; value: string | null } | { ok: false; message: string };
}

export interface KindPage {
  /** Its address, also one of those that `api` serves the page at. */
  path: string;
  /** In the navigation. */
  name: string;
  /** `lazily(…)`, so that it does not weigh on the first page. */
  Page: ComponentType;
}
