import { offerOf, type Offer } from "../kinds/jobs";
import { CHOICES } from "../kinds/kinds";
import type { Guess, Sample } from "../kinds/view";
import { viewOf } from "../kinds/views";

export interface Guessed extends Guess {
  offer: Offer;
}

/** Each kind's guess about these files. */
export function guessesOf(files: readonly Sample[]): Guessed[] {
  return CHOICES.flatMap((kind) => {
    const guess = viewOf(kind).guess(files);
    return guess === null ? [] : [{ ...guess, offer: offerOf(kind, guess.job) }];
  });
}

/** Whether a guess is about all of the `count` files: it includes each of them, or some of them are a list of the others. */
export const isAboutAll = ({ files, areLists = false }: Guess, count: number): boolean => areLists || files.length === count;
