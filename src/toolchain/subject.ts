// What a command is about: the bytes of one executable, from a file, from stdin, or from a package that is built first.
import { closeSync, constants, existsSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { basename, isAbsolute, join, resolve } from "node:path";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { type ProbeDump, ProbeReader } from "../linkgraph/probe.ts";
import { type Guard, ToolFailure } from "./failure.ts";
import { build, findMain, goEnv } from "./go.ts";
import { linkProbe, probeBuild } from "./linkprobe.ts";
import { withTemporary } from "./temporary.ts";

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
  /** Steps that take long, as they begin. */
  readonly onStep?: (step: { readonly reason: "probe" | "build" | "read"; readonly subject: string }) => void;
}

/** Files of 4 GiB and more are refused by the readers; compressed input may not grow beyond this either. */
const MAX_BYTES = 0xffff_ffff;
/** Go executables shrink to a third; more than this is a bomb. */
const MAX_RATIO = 200;

const isUnreadable = (name: string, why: string, detail = ""): ToolFailure =>
  new ToolFailure("unreadable", `${name}: ${why}`, detail);

/** Opens FILE, "-" or PACKAGE. Throws ToolFailure. */
export async function openSubject(argument: string, options: SubjectOptions): Promise<Subject> {
  if (argument === "-") return { name: "-", bytes: await decompress("-", await readStdin()), warnings: [] };
  const path = resolve(options.cwd, argument);
  const kind = kindOf(path, argument);
  if (kind === "file")
    return { name: basename(path), bytes: await decompress(argument, readFile(path, argument)), warnings: [] };
  return buildSubject(argument, options);
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

function readFile(path: string, name: string): Uint8Array {
  let fd: number;
  try {
    // not blocking: a FIFO that took the file's place must not hang
    fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw isUnreadable(
      name,
      code === "EACCES" ? "permission denied" : code === "ENOENT" ? "no such file" : String(code),
    );
  }
  try {
    const before = fstatSync(fd);
    if (!before.isFile()) throw isUnreadable(name, "is not a regular file");
    if (before.size > MAX_BYTES) throw isUnreadable(name, "is 4 GiB or larger");
    const bytes = new Uint8Array(before.size);
    let at = 0;
    while (at < bytes.length) {
      const n = readSync(fd, bytes, at, Math.min(bytes.length - at, 1 << 30), at);
      if (n === 0) break;
      at += n;
    }
    const after = fstatSync(fd);
    if (at !== before.size || after.size !== before.size || after.mtimeMs !== before.mtimeMs) {
      throw isUnreadable(name, "changed while it was read; try again");
    }
    return bytes;
  } finally {
    closeSync(fd);
  }
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

/** gzip, zstd and xz of one executable are read through. */
async function decompress(name: string, bytes: Uint8Array): Promise<Uint8Array> {
  const magic = (text: string): boolean => [...text].every((c, i) => bytes[i] === c.charCodeAt(0));
  const limit = Math.min(MAX_BYTES, bytes.length * MAX_RATIO + (1 << 20));
  try {
    if (magic("\x1f\x8b")) return view(gunzipSync(bytes, { maxOutputLength: limit }));
    if (magic("\x28\xb5\x2f\xfd")) return view(zstdDecompressSync(bytes, { maxOutputLength: limit }));
    if (magic("\xfd7zXZ\0")) return await unxz(bytes, limit);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const tooBig =
      code === "ERR_BUFFER_TOO_LARGE" || (error instanceof RangeError && /larg|length|memory/i.test(error.message));
    throw isUnreadable(
      name,
      tooBig ? `unpacks to more than ${limit} bytes` : "its compressed data is damaged",
      String(error),
    );
  }
  return bytes;
}

const view = (b: Buffer): Uint8Array => new Uint8Array(b.buffer, b.byteOffset, b.length);

async function unxz(bytes: Uint8Array, limit: number): Promise<Uint8Array> {
  const { XzReadableStream } = await import("xz-decompress");
  const source = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of new XzReadableStream(source) as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > limit) throw new RangeError("too large");
    chunks.push(chunk.slice());
  }
  return view(Buffer.concat(chunks));
}

/** Where `go` must stand, and what it must be asked for, to build what the user named: a directory with a go.mod is a module of its own. */
function placeOf(pkg: string, cwd: string): { cwd: string; pkg: string } {
  const directory = resolve(cwd, pkg);
  if (!isDirectory(directory)) return { cwd, pkg };
  if (existsSync(join(directory, "go.mod"))) return { cwd: directory, pkg: "." };
  return { cwd, pkg: isAbsolute(pkg) || pkg.startsWith(".") ? pkg : `./${pkg}` };
}

/** Builds a package through the link probe; without the probe if there is none for this Go. */
async function buildSubject(argument: string, options: SubjectOptions): Promise<Subject> {
  const { guard, goFlags } = options;
  const { cwd, pkg } = placeOf(argument, options.cwd);
  const context = { cwd, guard };
  const env = await goEnv(context);
  const main = await findMain(pkg, goFlags, context);
  const warnings: string[] = [];
  options.onStep?.({ reason: "probe", subject: env.GOVERSION });
  const probe = await linkProbe(env, guard);
  if (!("linker" in probe)) {
    warnings.push(`no link probe (${probe.reason}): owners come from references instead of from the linker`);
  }
  options.onStep?.({ reason: "build", subject: main.importPath });
  return withTemporary(guard, async (directory) => {
    const output = join(directory, "program");
    const dump = join(directory, "dump");
    const extra = "linker" in probe ? probeBuild(probe.linker, dump, false) : { flags: [], env: {} };
    await build(
      { pkg: main.importPath, flags: [...goFlags, ...extra.flags], env: { ...options.env, ...extra.env }, output },
      context,
    );
    const bytes = readFile(output, main.importPath);
    const subject = { name: main.importPath, bytes, directory: main.directory, warnings };
    if (!("linker" in probe)) return subject;
    return { ...subject, testimony: readDump(dump) };
  });
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function readDump(path: string): ProbeDump {
  const reader = new ProbeReader();
  const fd = openSync(path, "r");
  try {
    const chunk = new Uint8Array(1 << 20);
    for (;;) {
      const n = readSync(fd, chunk, 0, chunk.length, null);
      if (n === 0) break;
      reader.push(chunk.subarray(0, n));
    }
  } finally {
    closeSync(fd);
  }
  return reader.finish();
}
