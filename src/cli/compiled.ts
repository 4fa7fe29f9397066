// Loads the scripts of the built command, and keeps beside them what V8 has compiled when a run is over. Node's own compile cache holds
// only what runs while a module loads: every other function would be read and compiled anew by each process that calls it.
import { closeSync, fstatSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cachedDataVersionTag } from "node:v8";
import { Script } from "node:vm";
import { replaceFile } from "../toolchain/replacefile.ts";

declare global {
  interface ImportMeta {
    /** What V8 has compiled in earlier runs; only of the built command. */
    readonly compiled?: Compiled;
  }
}

export interface Compiled {
  /**
   * To be called before most is loaded: while V8's flags remain as they are, scripts are loaded with what was kept in `directory` for
   * `role`, which says what the process or thread does. Where nothing can be read they are compiled as any.
   */
  open(directory: string, role: string): void;
  /**
   * To be called when all is done: keeps what is compiled by now, if it is worth it. `plain` sets V8's flags as they were when it was
   * opened: V8 takes what is compiled under no others. Where it can't be written nothing is.
   */
  keep(plain: () => void): void;
}

type Exports = Record<string, unknown>;

/** A script: a function of what scripts/asscripts.ts writes in the place of imports and of `import.meta`. */
type Wrapper = (
  load: (name: string) => Exports,
  later: (name: string) => Promise<Exports>,
  native: (specifier: string) => Promise<unknown>,
  compiled: (build: string) => Compiled,
  url: string,
) => Exports;

/** Functions of one run are not all that others call: what the next ones have compiled is added. */
const RUNS = 3;
/** V8 takes what is aligned as it is, and copies what is not. */
const ALIGNMENT = 8;
/** How the name of a file ends that is not all there. */
const UNFINISHED = ".tmp";

interface Kept {
  readonly path: string;
  readonly build: string;
  readonly tag: number;
  /** Runs that have added to it. */
  readonly runs: number;
  readonly parts: ReadonlyMap<string, Uint8Array>;
  /** Whether a script was loaded that it has not. */
  lacks: boolean;
}

/** As it is written: where the part of each script is, counted from the first one. */
interface Header {
  readonly runs: number;
  readonly parts: readonly { readonly name: string; readonly start: number; readonly length: number }[];
}

const loaded = new Map<string, Exports>();
const scripts = new Map<string, Script>();
let kept: Kept | undefined;

/** What the script `name` exports. */
export function load(name: string): Exports {
  let exports = loaded.get(name);
  if (exports === undefined) {
    exports = run(name);
    loaded.set(name, exports);
  }
  return exports;
}

/** As `load`, where the source imports dynamically. */
export async function later(name: string): Promise<Exports> {
  return load(name);
}

function native(specifier: string): Promise<unknown> {
  return import(specifier.startsWith(".") ? new URL(`../${specifier}`, import.meta.url).href : specifier);
}

function run(name: string): Exports {
  const url = new URL(`../${name}.script.js`, import.meta.url);
  const filename = fileURLToPath(url);
  // the build leaves no character that is not ASCII
  const source = readFileSync(filename, "latin1");
  const script =
    kept !== undefined && cachedDataVersionTag() === kept.tag ? withKept(kept) : new Script(source, { filename });
  return (script.runInThisContext() as Wrapper)(load, later, native, compiled, url.href);

  function withKept(kept: Kept): Script {
    const cachedData = kept.parts.get(name) as Buffer | undefined;
    const script = new Script(source, cachedData ? { filename, cachedData } : { filename });
    scripts.set(name, script);
    if (cachedData === undefined || script.cachedDataRejected) kept.lacks = true;
    return script;
  }
}

/** `build`: tells the scripts of one build from those of another. */
export function compiled(build: string): Compiled {
  return {
    open(directory, role) {
      if (process.env.NODE_DISABLE_COMPILE_CACHE) return;
      const tag = cachedDataVersionTag();
      const path = join(directory, `${build}-${tag.toString(16)}-${role}`);
      kept = { path, build, tag, lacks: false, ...readKept(path) };
    },
    keep(plain) {
      if (kept === undefined || (!kept.lacks && kept.runs >= RUNS)) return;
      plain();
      if (cachedDataVersionTag() === kept.tag) writeKept(kept);
      kept = undefined;
    },
  };
}

/** What was kept; nothing where there is none, or it may not be read, or is damaged. */
function readKept(path: string): Pick<Kept, "runs" | "parts"> {
  const parts = new Map<string, Uint8Array>();
  try {
    const bytes = readOwn(path);
    // written twice: comparing takes a tenth of a millisecond, what could sum (zlib, crypto) three to load
    const half = bytes.length / 2;
    if (bytes.compare(bytes, half, bytes.length, 0, half) !== 0) return { runs: 0, parts };
    const end = 4 + bytes.readUInt32LE();
    const header = JSON.parse(bytes.toString("latin1", 4, end)) as Header;
    const from = aligned(end);
    for (const { name, start, length } of header.parts) {
      parts.set(name, bytes.subarray(from + start, from + start + length));
    }
    return { runs: header.runs, parts };
  } catch {
    return { runs: 0, parts };
  }
}

/** A file's bytes. It is code: nobody else's is run. */
function readOwn(path: string): Buffer {
  const file = openSync(path, "r");
  try {
    if (process.geteuid && fstatSync(file).uid !== process.geteuid()) throw new Error("another user's");
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

/** Writes what is compiled by now, or nothing. */
function writeKept({ path, build, runs, parts }: Kept): void {
  try {
    // those that this run did not load stay
    const now = new Map(parts);
    for (const [name, script] of scripts) now.set(name, script.createCachedData());
    const half = pack(now, runs + 1);
    makeRoom(dirname(path), build);
    replaceFile(path, [half, half], unguarded);
  } catch {
    // there is no room, or this may not write here
  }
}

/** What is left behind by a process that is ended in the middle is removed by the next one. */
function unguarded(): () => void {
  return () => {};
}

/** The directory with nothing in it of a build that is no longer used, or of one who did not come to an end. */
function makeRoom(directory: string, build: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(directory))
    if (!name.startsWith(`${build}-`) || name.endsWith(UNFINISHED)) rmSync(join(directory, name), { force: true });
}

/** Half of a file: the length of the header in four bytes, the header, and the parts. */
function pack(parts: Kept["parts"], runs: number): Uint8Array {
  let end = 0;
  const listed: Header["parts"] = Array.from(parts, ([name, { length }]) => {
    const start = end;
    end = aligned(end + length);
    return { name, start, length };
  });
  const header = Buffer.from(JSON.stringify({ runs, parts: listed } satisfies Header), "latin1");
  const from = aligned(4 + header.length);
  const out = Buffer.alloc(from + end);
  out.writeUInt32LE(header.length);
  header.copy(out, 4);
  for (const { name, start } of listed) out.set(parts.get(name)!, from + start);
  return out;
}

function aligned(at: number): number {
  return Math.ceil(at / ALIGNMENT) * ALIGNMENT;
}
