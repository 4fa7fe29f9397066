// Symbols of released programs, addressed by build ID, laid out as debuginfod does: <id>/debuginfo and <id>/executable.
// Both files are zstd streams; <id>/entry.json says what they hold. A directory with alias.json alone leads to another ID.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { constants, zstdCompress, zstdDecompress } from "node:zlib";
import { z } from "zod";
import { inflateDebugSections } from "../binary/elfinflate.ts";
import type { Executable } from "../binary/executable.ts";
import { openExecutable } from "../binary/open.ts";
import { type Guard, ToolFailure } from "../toolchain/failure.ts";
import { MAX_BYTES } from "../toolchain/files.ts";
import { inflate } from "../toolchain/inflate.ts";
import { replaceFile } from "../toolchain/replacefile.ts";
import { identify, type Identity, isId } from "./identity.ts";

export interface Store {
  /** Made when the first entry is added. */
  readonly directory: string;
  readonly guard: Guard;
}

export const PARTS = ["debuginfo", "executable"] as const;
export type Part = (typeof PARTS)[number];

const storedFile = z.object({
  /** Of what it holds, decompressed. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  size: z.number().int().nonnegative().max(MAX_BYTES),
  /** Of the zstd stream, and its bytes. */
  storedSha256: z.string().regex(/^[0-9a-f]{64}$/),
  stored: z.number().int().nonnegative(),
});

const entrySchema = z.object({
  schema: z.literal("pare.symbols-entry/1"),
  id: z.string().refine(isId),
  ids: z.array(z.object({ kind: z.enum(["gnu", "uuid", "go", "functions"]), hex: z.string().refine(isId) })),
  name: z.string(),
  path: z.string(),
  goVersion: z.string(),
  goBuildIds: z.array(z.string()),
  target: z.string(),
  files: z.object({ debuginfo: storedFile.optional(), executable: storedFile.optional() }),
});

const aliasSchema = z.object({ schema: z.literal("pare.symbols-alias/1"), id: z.string().refine(isId) });

export type StoredFile = z.infer<typeof storedFile>;
export type Entry = z.infer<typeof entrySchema>;

export interface Added {
  readonly entry: Entry;
  /** Whether any part is there now that was not before. */
  readonly isNew: boolean;
}

/** What is to be kept of one program: the file as shipped, its unstripped twin, or both. */
export interface Twins {
  /** For people: "server linux/amd64". */
  readonly name: string;
  /** The program as it is shipped. Kept byte for byte. */
  readonly executable?: Uint8Array;
  /** The same program with symbols and DWARF. Compressed debug sections of ELF files are decompressed, for zstd over all is smaller. */
  readonly debuginfo?: Uint8Array;
}

/**
 * Puts a program's symbols into the store, under every name of either file: GNU build ID, Mach-O UUID, Go build ID and function table.
 * The first of the shipped file's names (else the twin's) is the entry's own. What is there already is completed, not doubled.
 * Throws InputError if a file cannot be read, ToolFailure if the two are not builds of the same functions or have no name at all.
 */
export async function addToStore(store: Store, twins: Twins): Promise<Added> {
  const shipped = twins.executable ? look(twins.executable) : undefined;
  const twin = twins.debuginfo ? look(twins.debuginfo) : undefined;
  const leading = shipped ?? twin;
  if (!leading) throw new ToolFailure("unreadable", `${twins.name}: there is nothing to store`);
  const ids = [...(shipped?.identity.ids ?? []), ...(twin?.identity.ids ?? [])].filter(
    ({ hex }, i, all) => all.findIndex((other) => other.hex === hex) === i,
  );
  if (ids.length === 0) {
    throw new ToolFailure(
      "unreadable",
      `${twins.name}: has no build ID and no Go function table, so nothing could find it`,
    );
  }
  if (shipped && twin && !areTwins(shipped.identity, twin.identity)) {
    throw new ToolFailure(
      "unreadable",
      `${twins.name}: the two files are not builds of the same program: their function tables differ`,
    );
  }
  // builds that differ in constants alone share a function table: it tells an entry only where there is nothing better
  const own = ids.filter(({ kind }) => kind !== "functions");
  const existing = (own.length > 0 ? own : ids)
    .map(({ hex }) => findEntry(store, hex))
    .find((entry) => entry !== undefined);
  const id = existing?.id ?? ids[0].hex;
  const directory = join(store.directory, id);
  mkdirSync(directory, { recursive: true });
  const files: Entry["files"] = { ...existing?.files };
  let isNew = false;
  for (const part of PARTS) {
    const bytes = twins[part];
    if (!bytes) continue;
    const content = part === "debuginfo" && twin ? debugContent(bytes, twin.exe, shipped?.exe.buildId) : bytes;
    const sha256 = sha256Of(content);
    if (files[part]?.sha256 === sha256 && isWhole(join(directory, part), files[part])) continue;
    const stream = await compress(content, { params: { [constants.ZSTD_c_compressionLevel]: LEVEL } });
    replaceFile(join(directory, part), [stream], store.guard);
    files[part] = { sha256, size: content.length, storedSha256: sha256Of(stream), stored: stream.length };
    isNew = true;
  }
  const known = existing?.ids ?? [];
  const entry: Entry = {
    schema: "pare.symbols-entry/1",
    id,
    ids: [...known, ...ids.filter(({ hex }) => !known.some((other) => other.hex === hex))],
    name: twins.name,
    path: leading.identity.path,
    goVersion: leading.identity.goVersion,
    goBuildIds: [
      ...new Set([
        ...(existing?.goBuildIds ?? []),
        ...[shipped, twin].map((side) => side?.identity.goBuildId ?? "").filter((text) => text !== ""),
      ]),
    ],
    target: `${leading.exe.os || "?"}/${leading.exe.arch}`,
    files,
  };
  replaceFile(join(directory, "entry.json"), [`${JSON.stringify(entry, null, 2)}\n`], store.guard);
  // last: a name must not lead to what is not there yet
  for (const { hex } of entry.ids) {
    if (hex !== id) writeAlias(store, hex, id);
  }
  return { entry, isNew };
}

function writeAlias(store: Store, hex: string, id: string): void {
  const alias = join(store.directory, hex);
  mkdirSync(alias, { recursive: true });
  const text = `${JSON.stringify({ schema: "pare.symbols-alias/1", id })}\n`;
  replaceFile(join(alias, "alias.json"), [text], store.guard);
}

/** The level where a further second of work saves less than one per cent. */
const LEVEL = 9;
const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

const sha256Of = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

function look(bytes: Uint8Array): { readonly exe: Executable; readonly identity: Identity } {
  const exe = openExecutable(bytes);
  return { exe, identity: identify(exe) };
}

/** Files without a function table can only be told by their own IDs. */
function areTwins(a: Identity, b: Identity): boolean {
  const tables = [a, b].map(({ ids }) => ids.find(({ kind }) => kind === "functions")?.hex);
  if (tables[0] !== undefined && tables[1] !== undefined) return tables[0] === tables[1];
  return a.ids.some(({ hex }) => b.ids.some((other) => other.hex === hex));
}

function isWhole(path: string, file: StoredFile): boolean {
  try {
    return sha256Of(readFileSync(path)) === file.storedSha256;
  } catch {
    return false;
  }
}

/**
 * The twin as debuggers want it: debug sections decompressed, and the GNU build ID that the shipped file has, for they refuse a file
 * with another one. That both are the same program was seen before.
 */
function debugContent(bytes: Uint8Array, exe: Executable, shippedId: string | undefined): Uint8Array {
  if (exe.format !== "elf") return bytes;
  const content = inflateDebugSections(bytes, inflate);
  const note = exe.sections.find(({ name }) => name === ".note.gnu.build-id");
  if (!note || exe.buildId === undefined || shippedId?.length !== exe.buildId.length || shippedId === exe.buildId) {
    return content;
  }
  const at = Buffer.from(content.buffer, content.byteOffset, content.length).indexOf(exe.buildId, note.offset, "hex");
  if (at < note.offset || at + shippedId.length / 2 > note.offset + note.fileSize) return content;
  const renamed = new Uint8Array(content);
  renamed.set(Buffer.from(shippedId, "hex"), at);
  return renamed;
}

/** The entry that a name leads to, or undefined. A damaged one counts as none: it is made anew by the next add. */
export function findEntry(store: Store, hex: string): Entry | undefined {
  if (!isId(hex)) return undefined;
  const own = parsed(join(store.directory, hex, "entry.json"), entrySchema);
  if (own) return own.id === hex ? own : undefined;
  const alias = parsed(join(store.directory, hex, "alias.json"), aliasSchema);
  const entry = alias && parsed(join(store.directory, alias.id, "entry.json"), entrySchema);
  return entry && entry.id === alias.id && entry.ids.some((other) => other.hex === hex) ? entry : undefined;
}

function parsed<T>(path: string, schema: z.ZodType<T>): T | undefined {
  try {
    return schema.safeParse(JSON.parse(readFileSync(path, "utf8"))).data;
  } catch {
    return undefined;
  }
}

/** Path of an entry's part, a zstd stream. */
export function pathOf(store: Store, entry: Entry, part: Part): string {
  return join(store.directory, entry.id, part);
}

/** Notes that an entry was used: `gc` removes first what was not for the longest time. */
export function markUsed(store: Store, entry: Entry): void {
  const now = new Date();
  try {
    utimesSync(join(store.directory, entry.id, "entry.json"), now, now);
  } catch {
    // a store that is shared read-only serves as well
  }
}

/** The bytes of an entry's part, verified; undefined if it has none. Throws ToolFailure if the stored file is damaged. */
export async function readFromStore(store: Store, entry: Entry, part: Part): Promise<Uint8Array | undefined> {
  const file = entry.files[part];
  if (!file) return undefined;
  const damaged = (): ToolFailure =>
    new ToolFailure(
      "unreadable",
      `${pathOf(store, entry, part)} is damaged: remove its directory, and add the file again`,
    );
  let bytes: Buffer;
  try {
    bytes = await decompress(readFileSync(pathOf(store, entry, part)), { maxOutputLength: Math.max(1, file.size) });
  } catch {
    throw damaged();
  }
  if (sha256Of(bytes) !== file.sha256) throw damaged();
  markUsed(store, entry);
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

export interface Listed {
  readonly entry: Entry;
  /** Bytes on disk. */
  readonly stored: number;
  /** When it was added or last used: milliseconds since 1970. */
  readonly used: number;
}

/** All entries, by name and ID. */
export function listStore(store: Store): Listed[] {
  const out: Listed[] = [];
  for (const name of directories(store)) {
    const path = join(store.directory, name, "entry.json");
    const entry = parsed(path, entrySchema);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!entry || entry.id !== name || !stat) continue;
    const stored = PARTS.reduce((sum, part) => sum + (entry.files[part]?.stored ?? 0), stat.size);
    out.push({ entry, stored, used: stat.mtimeMs });
  }
  const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  return out.sort((a, b) => order(a.entry.name, b.entry.name) || order(a.entry.id, b.entry.id));
}

function directories(store: Store): string[] {
  try {
    return readdirSync(store.directory).filter(isId).sort();
  } catch {
    return [];
  }
}

export interface GcOptions {
  /** Entries not used for longer go: seconds. */
  readonly maxAge?: number;
  /** The longest unused go until the rest fits: bytes. */
  readonly maxSize?: number;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Tell, do not remove. */
  readonly dryRun?: boolean;
}

export interface Collected {
  readonly removed: readonly Listed[];
  readonly kept: readonly Listed[];
  /** Directories that led nowhere, and leftovers of interrupted writes. */
  readonly leftovers: number;
}

/** Removes entries by last use and size, then names that lead nowhere. */
export function collectStore(store: Store, options: GcOptions): Collected {
  const { maxAge, maxSize, now, dryRun = false } = options;
  const byUse = listStore(store).sort((a, b) => b.used - a.used);
  const kept: Listed[] = [];
  const removed: Listed[] = [];
  let size = 0;
  for (const listed of byUse) {
    const isOld = maxAge !== undefined && now - listed.used > maxAge * 1000;
    const isTooMuch = maxSize !== undefined && size + listed.stored > maxSize;
    if (isOld || isTooMuch) removed.push(listed);
    else {
      kept.push(listed);
      size += listed.stored;
    }
  }
  const live = new Set(kept.flatMap(({ entry }) => [entry.id, ...entry.ids.map(({ hex }) => hex)]));
  const going = new Set(removed.flatMap(({ entry }) => [entry.id, ...entry.ids.map(({ hex }) => hex)]));
  let leftovers = 0;
  for (const name of directories(store)) {
    if (live.has(name)) continue;
    if (!going.has(name)) {
      if (isFresh(join(store.directory, name), now)) continue;
      leftovers++;
    }
    if (!dryRun) removeDirectory(store, name);
  }
  if (dryRun) return { removed, kept, leftovers };
  for (const name of interruptedRemovals(store)) rmSync(join(store.directory, name), { recursive: true, force: true });
  // a name that led to a removed entry may be that of one that stays
  for (const { entry } of kept) {
    for (const { hex } of entry.ids) if (!findEntry(store, hex)) writeAlias(store, hex, entry.id);
  }
  return { removed, kept, leftovers };
}

/** Another process may be in the middle of adding it. */
const FRESH = 3_600_000;
const isFresh = (path: string, now: number): boolean =>
  now - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) < FRESH;

const GONE = ".gone-";

function interruptedRemovals(store: Store): string[] {
  try {
    return readdirSync(store.directory).filter((name) => name.startsWith(GONE));
  } catch {
    return [];
  }
}

/** Out of the way in one step, so that nobody meets half an entry. */
function removeDirectory(store: Store, name: string): void {
  const path = join(store.directory, name);
  const gone = join(store.directory, `${GONE}${name}-${process.pid}`);
  try {
    renameSync(path, gone);
  } catch {
    return;
  }
  rmSync(gone, { recursive: true, force: true });
}
