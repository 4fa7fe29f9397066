// What a command is about: the bytes of one executable, from a file, from stdin, or from a package that is built first.
// What only some subjects need (zlib, the go command) is loaded when one does: reading a plain file must start at once.
import { statSync } from "node:fs";
import { basename, resolve } from "node:path";
import type { ProbeDump } from "../linkgraph/probe.ts";
import type { Guard } from "./failure.ts";
import { isUnreadable, MAX_BYTES, readFile } from "./files.ts";

export interface Subject {
  /** Name for people: the file's, "-" for stdin, the import path of a package. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** What the linker said, if it was built here through the link probe. */
  readonly testimony?: ProbeDump;
  /** Directory of the package that was built. */
  readonly directory?: string;
  /** Why there is less than could be. */
  readonly warnings: readonly string[];
}

export interface SubjectOptions {
  readonly cwd: string;
  /** Flags of `go build`, for a package. */
  readonly goFlags: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly guard: Guard;
  /** Ask the linker for the references too, for a package. */
  readonly graph?: boolean;
  /** What the linker said, as soon as it has said all, if that is before the program is written. */
  readonly onTestimony?: (dump: ProbeDump) => void;
  /** The bytes of the file, if they are being read already. */
  readonly bytes?: Promise<Uint8Array>;
  /** Steps that take long, as they begin. */
  readonly onStep?: (step: { readonly reason: "probe" | "download" | "build"; readonly subject: string }) => void;
}

/** Opens FILE, "-" or PACKAGE. Throws ToolFailure. */
export async function openSubject(argument: string, options: SubjectOptions): Promise<Subject> {
  if (argument === "-") return { name: "-", bytes: await plain("-", await readStdin()), warnings: [] };
  const path = resolve(options.cwd, argument);
  const kind = kindOf(path, argument);
  if (kind === "file") {
    const bytes = options.bytes ? await options.bytes : readFile(path, argument);
    return { name: basename(path), bytes: await plain(argument, bytes), warnings: [] };
  }
  return (await import("./package.ts")).buildSubject(argument, options);
}

/** gzip, zstd and xz of one executable are read through. */
async function plain(name: string, bytes: Uint8Array): Promise<Uint8Array> {
  const isPacked = ["\x1f\x8b", "\x28\xb5\x2f\xfd", "\xfd7zXZ\0"].some((magic) =>
    [...magic].every((c, i) => bytes[i] === c.charCodeAt(0)),
  );
  return isPacked ? (await import("./decompress.ts")).decompress(name, bytes) : bytes;
}

/** A path that exists is a file or a package's directory; one that does not is an import path, or a mistake. */
function kindOf(path: string, argument: string): "file" | "package" {
  let stat;
  try {
    stat = statSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EACCES") throw isUnreadable(argument, "permission denied");
    if (code !== "ENOENT" && code !== "ENOTDIR") throw isUnreadable(argument, String(code), String(error));
    // "./x", "/x" and "x.exe" are meant as files; "example.com/cmd/x" and "cmd/x" may be packages
    if (
      /^\.{0,2}[/\\]|^[A-Za-z]:|\.(exe|wasm|so|dll|a|gz|zst|xz|json)$/i.test(argument) ||
      !/^[\w.~/@-]+$/.test(argument)
    ) {
      throw isUnreadable(argument, "no such file");
    }
    return "package";
  }
  if (stat.isDirectory()) return "package";
  if (!stat.isFile()) throw isUnreadable(argument, "is not a regular file; pipe it in and name it -");
  return "file";
}

async function readStdin(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin) {
    size += (chunk as Buffer).length;
    if (size > MAX_BYTES) throw isUnreadable("-", "is 4 GiB or larger");
    chunks.push(chunk as Buffer);
  }
  const all = Buffer.concat(chunks);
  return new Uint8Array(all.buffer, all.byteOffset, all.length);
}
