// The words that people choose among: kinds of bytes, views of a ledger, orders of rows. Apart from what they are about: options and help
// need no more than them.
/** Order is the order of columns and of JSON keys; indices are stored in the ledger. */
export const KINDS = [
  "code",
  "pclntab",
  "funcdata",
  "type",
  "itab",
  "string",
  "rodata",
  "data",
  "embed",
  "dwarf",
  "symtab",
  "relocation",
  "header",
  "padding",
  "signature",
  "unattributed",
] as const;
export type Kind = (typeof KINDS)[number];
export const KIND = Object.fromEntries(KINDS.map((k, i) => [k, i])) as Record<Kind, number>;

export const VIEWS = ["module", "package", "symbol", "kind", "section", "file", "embed"] as const;
export type By = (typeof VIEWS)[number];

export const SORTS = ["bytes", "name", "memory", "inlined", ...KINDS] as const;
export type Sort = (typeof SORTS)[number];
