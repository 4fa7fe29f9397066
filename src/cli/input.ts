// The subject of a command: the bytes of an executable, and what is known about it besides.
import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Beside } from "../ledger/beside.ts";
import type { FileFacts } from "../ledger/snapshot.ts";
import { parseGoMod } from "../ledger/modules.ts";
import { profile, type Profile, type ProfileOptions } from "../ledger/profile.ts";
import type { ProbeDump } from "../linkgraph/probe.ts";
import { formatBytes } from "../report/units.ts";
import { inflate } from "../toolchain/inflate.ts";
import { openSubject } from "../toolchain/subject.ts";
import { takeAhead } from "./ahead.ts";
import { EXIT, Failure } from "./failure.ts";
import { onInterrupt } from "./interrupt.ts";
import type { Progress } from "./progress.ts";

export interface Input {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** What the linker said, if the program was built here. */
  readonly testimony?: ProbeDump;
  /** Directory of the package that was built. */
  readonly directory?: string;
  readonly warnings: readonly string[];
  /** Who looks at the bytes beside this thread, and their hash from there. */
  readonly beside?: Beside;
  readonly omit?: (what: number) => void;
  readonly sha256?: () => string | undefined;
}

/** Reads a file or stdin ("-"), or builds a package with these flags, with the linker's references if `graph`; progress goes to stderr. */
export async function readInput(
  subject: string,
  goFlags: readonly string[] = [],
  progress?: Progress,
  graph = false,
  onTestimony?: (dump: ProbeDump) => void,
): Promise<Input> {
  const ahead = takeAhead(resolve(subject));
  try {
    const opened = await openSubject(subject, {
      ...(ahead ? { bytes: ahead.bytes } : {}),
      cwd: process.cwd(),
      goFlags,
      guard: onInterrupt,
      graph,
      ...(onTestimony ? { onTestimony } : {}),
      onStep: (step) => progress?.step(`${STEPS[step.reason]} ${step.subject}`),
    });
    // what was compressed is not what the other thread looks at
    if (!ahead || opened.bytes !== (await ahead.bytes)) return opened;
    const { beside, omit, sha256 } = ahead;
    return { ...opened, beside, omit, sha256 };
  } finally {
    progress?.done();
  }
}

/** What the steps of a build are called. */
export const STEPS = {
  checkout: "checking out",
  probe: "preparing the link probe for",
  download: "downloading",
  build: "building",
} as const;

/** JSON is no executable, so it can only be meant as a snapshot. */
export function isSnapshot({ bytes }: Input): boolean {
  let i = 0;
  while (i < 64 && (bytes[i] === 0x20 || (bytes[i] >= 9 && bytes[i] <= 13))) i++;
  return bytes[i] === 0x7b;
}

/** Profiles an input; what the readers refuse becomes one line that names the file. A packed executable is unpacked first. */
export async function profileInput(input: Input, options: ProfileOptions): Promise<Profile> {
  try {
    const testimony = input.testimony ? { testimony: input.testimony } : {};
    const found = profile(input.bytes, { ...options, ...testimony, inflate, beside: input.beside });
    if (found.exe.packed !== "UPX") return found;
    const { unpackUpx } = await import("../toolchain/upx.ts");
    return profile(await unpackUpx(input.name, input.bytes, onInterrupt), { ...options, inflate });
  } catch (error) {
    if (error instanceof Failure || (error instanceof Error && error.name === "ToolFailure")) throw error;
    const { name, message, where = "", stack = "" } = error as Error & { where?: string };
    if (name === "InputError") throw new Failure(EXIT.unreadable, `${input.name}: ${message}`, where);
    throw new Failure(EXIT.unreadable, `${input.name}: cannot be read: ${message}`, stack);
  }
}

/** `sha256` only where it is shown: hashing takes as long as reading. It is that of the bytes that were profiled. */
export function factsOf(input: Input, profile: Profile, sha256: boolean): FileFacts {
  const { bytes } = profile.exe;
  const unpacked = bytes.length !== input.bytes.length;
  const isInput = bytes.buffer === input.bytes.buffer && !unpacked;
  const warnings = unpacked
    ? [`unpacked from ${formatBytes(input.bytes.length)}: what is shown is the program inside`]
    : [];
  return {
    name: input.name,
    sha256: sha256 ? (isInput && input.sha256?.()) || hashOf(bytes) : "",
    goMod: goModOf(input.directory ?? ".", profile.buildInfo?.main?.path),
    packed: unpacked ? "UPX" : undefined,
    warnings: [...input.warnings, ...warnings],
  };
}

/** Node's cryptography is large: it is loaded where no other thread has the hash. */
function hashOf(bytes: Uint8Array): string {
  return process.getBuiltinModule("node:crypto").hash("sha256", bytes);
}

/** The go.mod of a directory or the nearest one above, if it is that of the program's main module. */
function goModOf(directory: string, module: string | undefined): string | undefined {
  if (module === undefined || module === "") return undefined;
  for (let dir = resolve(directory); ; dir = dirname(dir)) {
    try {
      const text = readFileSync(join(dir, "go.mod"), "utf8");
      return parseGoMod(text).module === module ? text : undefined;
    } catch {
      if (dir === dirname(dir)) return undefined;
    }
  }
}
