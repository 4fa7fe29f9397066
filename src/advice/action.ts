// Something to do that makes a program smaller, with what it saves and what it costs: the rows of bare `pare`.

export interface Action {
  /** flags, tag: of the build. cure: of what keeps dead code. dependency: another library, or none. */
  readonly kind: "flags" | "tag" | "cure" | "dependency";
  /** What to do, in one line: 'build with -ldflags="-s -w"'. */
  readonly title: string;
  /** How it is done, a line each, where the title does not say it all. */
  readonly steps: readonly string[];
  /** Bytes that the program has less then. */
  readonly bytes: number;
  /** measured: both programs were built. estimate: see `how`. */
  readonly evidence: "measured" | "estimate";
  readonly how: string;
  /** What one gives up; "" for nothing. */
  readonly costs: string;
  /** Whether source files, or go.mod, have to change. */
  readonly source: boolean;
  /** A command that tells more; "" for none. */
  readonly more: string;
}

/** Worth most first; what is measured goes before what is only estimated to save the same. */
export function ranked(actions: readonly Action[]): Action[] {
  const sure = ({ evidence }: Action): number => (evidence === "measured" ? 0 : 1);
  return actions.toSorted((a, b) => b.bytes - a.bytes || sure(a) - sure(b) || (a.title < b.title ? -1 : 1));
}
