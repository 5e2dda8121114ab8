import { nearest } from "../lib/nearest.ts";
import { parseDuration, parseSize } from "../lib/units.ts";
import { NAME } from "./names.ts";

/** The value that was probably meant by `given` for a setting of that kind; `null` when nothing is near. */
export function likelyMeant(kind: string, given: unknown, words: readonly string[] = []): string | null {
  const meant = spelledRight(kind, given, words);
  return meant === given ? null : meant;
}

function spelledRight(kind: string, given: unknown, words: readonly string[]): string | null {
  if (words.length > 0) return likelyWord(given, words);
  switch (kind) {
    case "duration":
      return firstThat((text) => parseDuration(text) !== null, durationSpellings(given));
    case "size":
      return firstThat((text) => parseSize(text) !== null, sizeSpellings(given));
    case "name":
      return firstThat((text) => NAME.test(text), [String(given).toLowerCase().replaceAll(/[_. ]/g, "-")]);
    case "address":
      return typeof given === "number" ? `127.0.0.1:${given}` : null;
    default:
      return null;
  }
}

/** People of YAML 1.1 write `off` and get `false`; here they may have written `false` and mean `off`. */
function likelyWord(given: unknown, words: readonly string[]): string | null {
  const said = given === false ? "off" : given === true ? "on" : String(given);
  return nearest(said, words);
}

function durationSpellings(given: unknown): readonly string[] {
  if (typeof given === "number") return [`${given}s`];
  const text = String(given).toLowerCase().replaceAll(" ", "").replace(",", ".");
  return [text, text.replace(/(ms|s|m|h)[a-z]+$/, "$1")];
}

function sizeSpellings(given: unknown): readonly string[] {
  if (typeof given === "number") return [`${given}B`];
  const text = String(given).replaceAll(" ", "").replace(",", ".");
  return [text.toUpperCase().replace("KB", "kB"), text.toUpperCase().replace(/([KMGT])I?B?$/, "$1B")];
}

function firstThat(fits: (text: string) => boolean, spellings: readonly string[]): string | null {
  return spellings.find(fits) ?? null;
}
