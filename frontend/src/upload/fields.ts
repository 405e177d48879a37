import { useState } from "react";
import type { OptionTexts } from "../kinds/view";

interface Contents {
  /** By the id of the offer. */
  optionsById: Readonly<Record<string, OptionTexts>>;
  batch: string;
}

/** What is typed where files are chosen. It outlives that page, but not its owner or the window. */
export class Fields {
  private contents: Contents = { optionsById: {}, batch: "" };
  private readonly listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly snapshot = (): Contents => this.contents;

  readonly setOptions = (id: string, options: OptionTexts): void => {
    this.change({ optionsById: { ...this.contents.optionsById, [id]: options } });
  };

  readonly setBatch = (batch: string): void => {
    this.change({ batch });
  };

  private change(changes: Partial<Contents>): void {
    this.contents = { ...this.contents, ...changes };
    for (const listener of this.listeners) listener();
  }
}

/** The fields of one owner. Typing renders only the components that show them. */
export const useFields = (): Fields => useState(() => new Fields())[0];
