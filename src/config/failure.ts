// What is wrong with settings, each with its place.

export interface Place {
  /** As it is shown. */
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  readonly column: number;
}

export interface Problem extends Partial<Place> {
  /** A file, or the name of an environment variable. */
  readonly file: string;
  readonly message: string;
}

/** Settings that cannot be used; `message` has a line for each problem. */
export class ConfigError extends Error {
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[]) {
    super(
      problems.map((p) => `${p.file}${p.line === undefined ? "" : `:${p.line}:${p.column}`}: ${p.message}`).join("\n"),
    );
    this.name = "ConfigError";
    this.problems = problems;
  }
}
