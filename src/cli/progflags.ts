// Flags of pare cache prog. They are understood without commander too: it takes longer to load, with all commands' options, than
// everything else that a build without work asks of this program.

/** How long uploads may hold the go command in the end, in seconds. */
export const UPLOAD_WAIT = 30;

export interface ProgFlags {
  readonly dir?: string;
  readonly remote?: string;
  readonly readOnly?: boolean;
  /** Seconds. */
  readonly uploadWait: number;
}

/** The flags of a plain command line; undefined where anything is to be said about it: a question, or a mistake. */
export function plainFlags(words: readonly string[]): ProgFlags | undefined {
  const flags: { dir?: string; remote?: string; readOnly?: boolean } = {};
  for (let i = 0; i < words.length; i++) {
    const [name, joined] = words[i].split(/=(.*)/s, 2);
    if (name === "--read-only" && joined === undefined) flags.readOnly = true;
    else if (name === "--dir" || name === "--remote") {
      const value = joined ?? words[++i];
      if (value === undefined || value.startsWith("-")) return undefined;
      flags[name === "--dir" ? "dir" : "remote"] = value;
    } else return undefined;
  }
  return { ...flags, uploadWait: UPLOAD_WAIT };
}
