import { offerOf, type Offer } from "../kinds/jobs";
import { CHOICES } from "../kinds/kinds";
import type { Guess, Sample } from "../kinds/view";
import { viewOf } from "../kinds/views";

export interface Guessed extends Guess {
  offer: Offer;
}

/** What each kind makes of these files. */
export function guessesOf(files: readonly Sample[]): Guessed[] {
  return CHOICES.flatMap((kind) => {
    const guess = viewOf(kind).guess(files);
    return guess === null ? [] : [{ ...guess, offer: offerOf(kind, guess.job) }];
  });
}

/** Whether it is about all of `count` files: each looks like that, or some of them say what the others should be. */
export const isAboutAll = ({ files, optionsFrom }: Guess, count: number): boolean =>
  optionsFrom === undefined ? files.length === count : files.length < count;
