// The subject of a command: the bytes of an executable, and what is known about it besides.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { FileFacts } from "../ledger/snapshot.ts";
import { parseGoMod } from "../ledger/modules.ts";
import type { Profile, ProfileOptions } from "../ledger/profile.ts";
import { EXIT, Failure } from "./failure.ts";

export interface Input {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Reads a file or stdin ("-"). */
export async function readInput(path: string): Promise<Input> {
  try {
    if (path !== "-") return { name: basename(path), bytes: readFileSync(path) };
    const chunks: Buffer[] = [];
    for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
    return { name: "-", bytes: Buffer.concat(chunks) };
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    const reasons: Readonly<Record<string, string>> = {
      ENOENT: "no such file",
      EISDIR: "is a directory",
      EACCES: "permission denied",
    };
    throw new Failure(EXIT.unreadable, `${path}: ${reasons[code] ?? message}`, message);
  }
}

/** JSON is no executable, so it can only be meant as a snapshot. */
export function isSnapshot({ bytes }: Input): boolean {
  let i = 0;
  while (i < 64 && (bytes[i] === 0x20 || (bytes[i] >= 9 && bytes[i] <= 13))) i++;
  return bytes[i] === 0x7b;
}

/** Profiles an input; what the readers refuse becomes one line that names the file. */
export async function profileInput(input: Input, options: ProfileOptions): Promise<Profile> {
  const { profile } = await import("../ledger/profile.ts");
  try {
    return profile(input.bytes, options);
  } catch (error) {
    const { name, message, where = "", stack = "" } = error as Error & { where?: string };
    if (name === "InputError") throw new Failure(EXIT.unreadable, `${input.name}: ${message}`, where);
    throw new Failure(EXIT.unreadable, `${input.name}: cannot be read: ${message}`, stack);
  }
}

/** `sha256` only where it is shown: hashing takes as long as reading. */
export function factsOf(input: Input, profile: Profile, sha256: boolean): FileFacts {
  return {
    name: input.name,
    sha256: sha256 ? createHash("sha256").update(input.bytes).digest("hex") : "",
    goMod: goModOf(profile.buildInfo?.main?.path),
  };
}

/** The go.mod of the directory that we stand in, if it is that of the program's main module. */
function goModOf(module: string | undefined): string | undefined {
  if (module === undefined || module === "") return undefined;
  for (let dir = resolve("."); ; dir = dirname(dir)) {
    try {
      const text = readFileSync(join(dir, "go.mod"), "utf8");
      return parseGoMod(text).module === module ? text : undefined;
    } catch {
      if (dir === dirname(dir)) return undefined;
    }
  }
}
