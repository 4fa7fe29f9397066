// The words that settings are made of, and what none of them may say.
import { isAbsolute, normalize } from "node:path";
import { z } from "zod";

const CONTROL = /\p{Cc}/u;
export const word = z
  .string()
  .refine((text) => !CONTROL.test(text), "no control characters, and no line ends, in a word");

/** Whether a path stays below the directory that it is taken from; import paths do, as does what only begins with dots ("..x"). */
export function staysInside(path: string): boolean {
  const way = normalize(path).replaceAll("\\", "/");
  return !isAbsolute(path) && !/^[A-Za-z]:/.test(path) && way !== ".." && !way.startsWith("../");
}

/** Flags of `go build` that would run a program, or send the result elsewhere. */
const NOT_HERE = /^--?(?:o|C|n|exec|toolexec)(?:=|$)/;
/** Flags that take a file. */
const WITH_FILE = /^--?(?:modfile|overlay|pgo)(?:=(.*))?$/s;

export const flags = z
  .array(word)
  .superRefine((words, context) => {
    for (const [i, flag] of words.entries()) {
      const refuse = (message: string, at = i): void => context.addIssue({ code: "custom", path: [at], message });
      if (NOT_HERE.test(flag)) refuse(`${flag.replace(/=.*/s, "")} cannot be set here`);
      // without it the garbage collector corrupts memory
      if (/(?:^|[\s=])-wb=(?:false|0|f)\b/i.test(flag)) refuse("-wb=false breaks the garbage collector");
      const file = WITH_FILE.exec(flag);
      if (file === null) continue;
      const [path, at] = file[1] === undefined ? [words[i + 1], i + 1] : [file[1], i];
      if (path !== undefined && !staysInside(path)) refuse("the path leads out of the project", at);
    }
  })
  .describe("flags of go build, one word each");

export const env = z
  .record(
    z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "no name of an environment variable"),
    z.union([word, z.int()]).transform(String),
  )
  .describe("added to the environment of the build");

export const tags = z
  .array(z.string().regex(/^[\p{L}\p{Nd}_.]+$/u, "no build tag: letters, digits, _ and ."))
  .describe("build tags");
