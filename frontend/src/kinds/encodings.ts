import type { Parameters } from "../api/types";

type Encoding = NonNullable<Parameters["encoding"]>;

/** The encodings that the service detects, by their usual names. */
export const DETECTED_ENCODINGS = {
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
} as const satisfies Partial<Record<Encoding, string>>;

/** All encodings that the service reads. */
export const ENCODINGS: Record<Encoding, string> = {
  ...DETECTED_ENCODINGS,
  cp1253: "Windows-1253 (Greek)",
  cp1255: "Windows-1255 (Hebrew)",
  cp1256: "Windows-1256 (Arabic)",
  cp1257: "Windows-1257 (Baltic)",
  cp1258: "Windows-1258 (Vietnamese)",
  cp437: "DOS 437 (US)",
  cp850: "DOS 850 (Western European)",
  cp852: "DOS 852 (Central European)",
  cp866: "DOS 866 (Cyrillic)",
  cp874: "Windows-874 (Thai)",
  "koi8-u": "KOI8-U (Ukrainian)",
  "mac-roman": "Mac OS Roman",
  big5: "Big5 (Traditional Chinese)",
  cp932: "Shift JIS (Japanese)",
  cp949: "EUC-KR (Korean)",
  gb18030: "GB 18030 (Simplified Chinese)",
};

/** The usual name of an encoding, even of one that only a newer service knows. */
export const encodingName = (encoding: string): string => (ENCODINGS as Record<string, string>)[encoding] ?? encoding;
