// How the kinds of the ledger are shown: one order, one palette, one set of words for every format.
import { type Kind, KINDS } from "../ledger/ledger.ts";
import type { KindBytes } from "../ledger/snapshot.ts";

export interface KindStyle {
  /** Hex colour, readable beside its neighbours on light and dark backgrounds. */
  readonly colour: string;
  /** xterm-256 colour number. */
  readonly ansi: number;
  /** Fills the composition bar where there is no colour. */
  readonly glyph: string;
  readonly meaning: string;
}

export const KIND_STYLES: { readonly [K in Kind]: KindStyle } = {
  code: { colour: "#4c7fd0", ansi: 68, glyph: "█", meaning: "machine code of functions" },
  pclntab: { colour: "#8d6cc9", ansi: 98, glyph: "▓", meaning: "function and line tables for stack traces" },
  funcdata: {
    colour: "#b593dd",
    ansi: 140,
    glyph: "▒",
    meaning: "stack maps and inlining trees for the collector and traces",
  },
  type: { colour: "#2f9e8f", ansi: 36, glyph: "◆", meaning: "run-time type descriptors and their names" },
  itab: { colour: "#66c2a5", ansi: 79, glyph: "◇", meaning: "interface method tables" },
  string: { colour: "#93b83c", ansi: 107, glyph: "●", meaning: "string constants" },
  rodata: { colour: "#d9a521", ansi: 178, glyph: "○", meaning: "other read-only data" },
  data: { colour: "#e07b39", ansi: 173, glyph: "■", meaning: "initialised variables" },
  embed: { colour: "#d1538f", ansi: 168, glyph: "□", meaning: "embedded files" },
  dwarf: { colour: "#8a8f98", ansi: 245, glyph: "░", meaning: "debug information (DWARF)" },
  symtab: { colour: "#b4b8bf", ansi: 250, glyph: "·", meaning: "symbol and string tables" },
  relocation: { colour: "#a5744f", ansi: 137, glyph: "+", meaning: "run-time relocations" },
  header: { colour: "#5e6a78", ansi: 60, glyph: "=", meaning: "headers of the file format" },
  padding: { colour: "#768396", ansi: 103, glyph: "-", meaning: "alignment" },
  signature: { colour: "#4f5b66", ansi: 59, glyph: "~", meaning: "code signature" },
  unattributed: { colour: "#d64545", ansi: 167, glyph: "?", meaning: "bytes without a known owner" },
};

/** The columns that tables fold the kinds into. */
export const GROUPS = ["code", "tables", "data", "debug", "other"] as const;
export type Group = (typeof GROUPS)[number];

const GROUP_OF: { readonly [K in Kind]: Group } = {
  code: "code",
  pclntab: "tables",
  funcdata: "tables",
  type: "data",
  itab: "data",
  string: "data",
  rodata: "data",
  data: "data",
  embed: "data",
  dwarf: "debug",
  symtab: "debug",
  relocation: "other",
  header: "other",
  padding: "other",
  signature: "other",
  unattributed: "other",
};

export function sumGroup(kinds: KindBytes, group: Group): number {
  let sum = 0;
  for (const kind of KINDS) if (GROUP_OF[kind] === group) sum += kinds[kind] ?? 0;
  return sum;
}
