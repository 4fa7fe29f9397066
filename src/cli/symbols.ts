// pare symbols: the store of what was stripped off, its server, and addresses resolved with it.
import { existsSync, readFileSync, statSync, writeSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import type { Executable } from "../binary/executable.ts";
import { openExecutable } from "../binary/open.ts";
import { visible } from "../report/escape.ts";
import { jsonDocument } from "../report/json.ts";
import { resolvedText, symbolsText } from "../report/symbolstext.ts";
import { terminalOf } from "../report/terminal.ts";
import { formatBytes } from "../report/units.ts";
import { identify } from "../symbols/identity.ts";
import type { Resolved, Resolver } from "../symbols/resolve.ts";
import type { ResolvedDocument, SymbolsDocument } from "../symbols/schema.ts";
import { addToStore, collectStore, findEntry, type Listed, listStore, PARTS, type Store } from "../symbols/store.ts";
import { dataDirectory } from "../toolchain/directories.ts";
import { readFile } from "../toolchain/files.ts";
import { replaceFile } from "../toolchain/replacefile.ts";
import { EXIT, Failure } from "./failure.ts";
import { onInterrupt } from "./interrupt.ts";
import type { CommonOptions } from "./options.ts";
import { write } from "./output.ts";

interface StoreFlags extends CommonOptions {
  readonly store?: string;
  readonly json?: boolean;
}

function storeOf(flags: StoreFlags): Store {
  return { directory: flags.store ?? join(dataDirectory(), "symbols"), guard: onInterrupt };
}

function documentOf(store: Store, entries: readonly Listed[], removed?: readonly Listed[]): SymbolsDocument {
  const row = ({ entry, stored, used }: Listed): SymbolsDocument["entries"][number] => ({
    id: entry.id,
    ids: entry.ids,
    name: entry.name,
    path: entry.path,
    target: entry.target,
    goVersion: entry.goVersion,
    parts: PARTS.filter((part) => entry.files[part] !== undefined),
    stored,
    used: new Date(used).toISOString(),
  });
  const more = removed === undefined ? {} : { removed: removed.map(row) };
  return { schema: "pare.symbols/1", store: store.directory, entries: entries.map(row), ...more };
}

async function show(document: SymbolsDocument, flags: StoreFlags, dryRun = false): Promise<void> {
  const text =
    flags.json === true
      ? jsonDocument(document)
      : symbolsText(document, terminalOf(process.stdout, process.env), dryRun);
  await write("-", text);
}

export interface AddFlags extends StoreFlags {
  readonly name?: string;
  readonly of?: string;
}

/** Whether a file holds more than a stripped one does. */
const hasSymbols = (exe: Executable): boolean =>
  exe.sections.some(({ name }) => /debug_info$/.test(name)) || exe.symbols().count > 0;

export async function addCommand(files: readonly string[], flags: AddFlags): Promise<void> {
  if (flags.of !== undefined && files.length > 1) {
    throw new Failure(EXIT.usage, "--of names the stripped file of one twin: add the others one by one");
  }
  const store = storeOf(flags);
  const added: Listed[] = [];
  for (const file of files) {
    const bytes = readFile(resolve(file), file);
    const name = flags.name ?? basename(flags.of ?? file);
    const isTwin = hasSymbols(openExecutable(bytes));
    if (flags.of !== undefined && !isTwin) {
      throw new Failure(
        EXIT.unreadable,
        `${file}: is stripped itself: --of wants the file with symbols in front of it`,
      );
    }
    const shipped = flags.of === undefined ? {} : { executable: readFile(resolve(flags.of), flags.of) };
    const twins = isTwin ? { debuginfo: bytes, ...shipped } : { executable: bytes };
    const { entry, isNew } = await addToStore(store, { name, ...twins });
    const stored = PARTS.reduce((sum, part) => sum + (entry.files[part]?.stored ?? 0), 0);
    const used = statSync(join(store.directory, entry.id, "entry.json")).mtimeMs;
    added.push({ entry, stored, used });
    if (flags.quiet === true || flags.json === true) continue;
    const how = isNew ? `stored in ${formatBytes(stored)}` : "was there already";
    process.stderr.write(`${visible(file)}: ${how}\n`);
  }
  await show(documentOf(store, added), flags);
}

export async function listCommand(flags: StoreFlags): Promise<void> {
  const store = storeOf(flags);
  await show(documentOf(store, listStore(store)), flags);
}

export interface GcFlags extends StoreFlags {
  readonly maxAge?: number;
  readonly maxSize?: number;
  readonly dryRun?: boolean;
}

export async function gcCommand(flags: GcFlags): Promise<void> {
  const { maxAge, maxSize, dryRun = false } = flags;
  if (maxAge === undefined && maxSize === undefined) {
    throw new Failure(EXIT.usage, "say what may go: --max-age 180d, --max-size 5G, or both");
  }
  const store = storeOf(flags);
  const { kept, removed } = collectStore(store, {
    now: Date.now(),
    dryRun,
    ...(maxAge === undefined ? {} : { maxAge }),
    ...(maxSize === undefined ? {} : { maxSize }),
  });
  await show(documentOf(store, kept, removed), flags, dryRun);
}

export interface ServeFlags extends StoreFlags {
  readonly port: number;
  readonly allowHost?: readonly string[];
}

/** Serves until it is interrupted. */
export async function serveCommand(flags: ServeFlags): Promise<void> {
  const { serveStore } = await import("../symbols/server.ts");
  const store = storeOf(flags);
  const say = (text: string): void => {
    if (flags.quiet !== true) process.stderr.write(`${visible(text)}\n`);
  };
  let served: Awaited<ReturnType<typeof serveStore>>;
  try {
    served = await serveStore(store, {
      port: flags.port,
      hosts: (flags.allowHost ?? []).map((host) => host.toLowerCase()),
      onRequest: ({ path, status }) => say(`${status} ${path}`),
      onDamage: (path) =>
        process.stderr.write(`pare: ${visible(path)} is damaged: remove its directory, and add the file again\n`),
    });
  } catch (error) {
    throw new Failure(
      EXIT.usage,
      `port ${flags.port} cannot be used (${(error as NodeJS.ErrnoException).code ?? "?"})`,
    );
  }
  await write("-", `http://127.0.0.1:${served.port}\n`);
  await new Promise<void>((stopped) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stopped());
  });
  served.close();
}

export interface ResolveFlags extends StoreFlags {
  readonly output?: string;
  readonly base?: number;
}

export async function resolveCommand(subject: string, words: readonly string[], flags: ResolveFlags): Promise<void> {
  const { mayBeProfile, resolveProfile } = await import("../symbols/pprof.ts");
  const { parseAddress, resolveTrace } = await import("../symbols/resolve.ts");
  const { resolver, buildIds } = await resolverOf(subject, storeOf(flags));
  const input = inputOf(words);
  if (input !== undefined && mayBeProfile(input.bytes)) {
    const found = await resolveProfile(input.name, input.bytes, resolver, buildIds);
    if (flags.quiet !== true) {
      const known = found.resolved.filter(({ frames }) => frames.length > 0).length;
      const missing = found.resolved.length;
      process.stderr.write(
        missing === 0
          ? `all ${found.locations} locations have their functions already\n`
          : `${known} of ${missing} locations without functions resolved, ${found.locations} in all\n`,
      );
    }
    if (flags.output === undefined) return answer(documentOfResolved("profile", found.resolved), flags);
    return writeBytes(flags.output, found.bytes);
  }
  const text = input === undefined ? words.join("\n") : input.bytes.toString("utf8");
  const tokens = text.split(/\s+/).filter((word) => word !== "");
  const addresses = tokens.map((word) => parseAddress(word));
  if (addresses.every((address) => address !== undefined)) {
    const resolved = addresses.map((address) => resolver.resolve(address - (flags.base ?? 0)));
    return answer(documentOfResolved("addresses", resolved), flags);
  }
  if (input === undefined) {
    const odd = tokens[addresses.indexOf(undefined)];
    throw new Failure(EXIT.usage, `${odd}: neither an address nor a file`);
  }
  const trace = resolveTrace(text, resolver, flags.base);
  if (flags.json === true) return answer(documentOfResolved("trace", trace.resolved), flags);
  await write(flags.output ?? "-", trace.text.split("\n").map(keepTabs).join("\n"));
}

/** A traceback is indented by tabs; all other control characters in it are shown, not obeyed. */
const keepTabs = (line: string): string => line.split("\t").map(visible).join("\t");

async function answer(document: ResolvedDocument, flags: ResolveFlags): Promise<void> {
  await write(flags.output ?? "-", flags.json === true ? jsonDocument(document) : resolvedText(document));
}

function documentOfResolved(
  kind: ResolvedDocument["kind"],
  resolved: readonly (Resolved & { readonly line?: number })[],
): ResolvedDocument {
  const rows = resolved.map(({ address, frames, line }) => ({
    address: `0x${address.toString(16)}`,
    ...(line === undefined ? {} : { line }),
    frames: frames.map((frame) => ({ ...frame })),
  }));
  return { schema: "pare.resolved/1", kind, resolved: rows };
}

/** The program of a file or build ID, with its unstripped twin if the store has it. */
async function resolverOf(subject: string, store: Store): Promise<{ resolver: Resolver; buildIds: string[] }> {
  const { Resolver: Made } = await import("../symbols/resolve.ts");
  const { readFromStore } = await import("../symbols/store.ts");
  const isFile = existsSync(subject);
  const named = isFile ? undefined : findEntry(store, subject.toLowerCase());
  if (!isFile && !named) {
    throw new Failure(EXIT.unreadable, `${subject}: is no file, and no build ID in the store (${store.directory})`);
  }
  const own = isFile ? openExecutable(readFile(resolve(subject), subject)) : undefined;
  const ids = own ? identify(own).ids : (named?.ids ?? []);
  const entry = named ?? ids.map(({ hex }) => findEntry(store, hex)).find((found) => found !== undefined);
  const debug = entry && (await readFromStore(store, entry, "debuginfo"));
  const twin = debug && openExecutable(debug);
  const shipped = own ?? twin ?? (named && openStored(await readFromStore(store, named, "executable")));
  if (!shipped) throw new Failure(EXIT.unreadable, `${subject}: the store's entry is empty`);
  const { program } = identify(shipped);
  const buildIds = [...new Set([...ids, ...(entry?.ids ?? [])].map(({ hex }) => hex)), ...(entry?.goBuildIds ?? [])];
  return { resolver: new Made(shipped, program, twin ?? shipped), buildIds };
}

const openStored = (bytes: Uint8Array | undefined): Executable | undefined => bytes && openExecutable(bytes);

/** What "-" or a single file names; undefined if the words are addresses. */
function inputOf(words: readonly string[]): { name: string; bytes: Buffer } | undefined {
  const [word = "-", ...more] = words;
  if (more.length > 0) return undefined;
  if (word === "-") return { name: "-", bytes: readFileSync(0) };
  if (!existsSync(word)) return undefined;
  const bytes = readFile(resolve(word), word);
  return { name: word, bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length) };
}

async function writeBytes(path: string, bytes: Uint8Array): Promise<void> {
  if (path === "-") {
    for (let at = 0; at < bytes.length;) at += writeSync(1, bytes, at);
    return;
  }
  try {
    replaceFile(resolve(path), [bytes], onInterrupt);
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    throw new Failure(EXIT.usage, `${path}: cannot be written (${code || message})`, message);
  }
}
