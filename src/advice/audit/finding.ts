// What an audit says.

export const SEVERITIES = ["note", "warning", "error"] as const;

/** error: what is shipped does not work, or not as it says. warning: it costs much. note: it costs little, or only sometimes. */
export type Severity = (typeof SEVERITIES)[number];

/** Text for characters [start, end) of a file, UTF-16 units. */
export interface Edit {
  readonly file: string;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export interface Cost {
  readonly bytes: number;
  readonly basis: "measured" | "estimate";
  /** How it was obtained. */
  readonly how: string;
}

/** What it costs in time. */
export interface Time {
  readonly seconds: number;
  readonly basis: "measured" | "estimate";
  /** How it was obtained. */
  readonly how: string;
}

export interface Finding {
  /** "B001" */
  readonly code: string;
  /** "not-stripped" */
  readonly slug: string;
  readonly severity: Severity;
  /** Relative to the directory of the audit, "/" between elements. */
  readonly file: string;
  /** All from 1; the end is exclusive. */
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  /** What is so here. */
  readonly message: string;
  /** Why that is bad, in general. */
  readonly why: string;
  readonly cost?: Cost;
  /** Of each run or build that it concerns. */
  readonly time?: Time;
  /** What `--fix` does; absent where it is for people to decide. */
  readonly fix?: readonly Edit[];
}

/** What a rule says of one place; the rest is in its page. */
export interface Found {
  readonly file: { readonly path: string; readonly text: string };
  readonly start: number;
  readonly end: number;
  readonly message: string;
  readonly cost?: Cost | undefined;
  readonly time?: Time | undefined;
  readonly fix?: readonly Omit<Edit, "file">[] | undefined;
}
