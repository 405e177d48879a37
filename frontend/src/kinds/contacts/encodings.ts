import type { Parameters } from "../../api/types";

type Encoding = NonNullable<Parameters["encoding"]>;

/** The encodings that the service reads, by their usual names. */
export const ENCODINGS: Record<Encoding, string> = {
  "utf-8": "UTF-8",
  "utf-16": "UTF-16",
  "utf-16-le": "UTF-16 LE",
  "utf-16-be": "UTF-16 BE",
  cp1250: "Windows-1250 (Central European)",
  cp1251: "Windows-1251 (Cyrillic)",
  cp1252: "Windows-1252 (Western European)",
  cp1254: "Windows-1254 (Turkish)",
  "latin-1": "ISO 8859-1 (Latin-1)",
  "koi8-r": "KOI8-R (Cyrillic)",
};
