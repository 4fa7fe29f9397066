// Build information embedded by the go command (debug/buildinfo; runtime/debug.BuildInfo's text form).
import { text } from "../bytes.ts";
import { type Executable, imageBytes, type Region, regionAt } from "../executable.ts";

export interface ModuleRef {
  readonly path: string;
  readonly version: string;
  readonly sum: string;
  readonly replace?: ModuleRef;
}

export interface BuildInfo {
  /** "go1.26.8" */
  readonly goVersion: string;
  /** Import path of the main package; "command-line-arguments" for file lists. */
  readonly path: string;
  readonly main?: ModuleRef;
  readonly deps: readonly ModuleRef[];
  /** -ldflags, CGO_ENABLED, GOOS, vcs.revision … in file order. */
  readonly settings: readonly { readonly key: string; readonly value: string }[];
  /** File range or image range of the blob, for the ledger. */
  readonly rva?: number;
  readonly length?: number;
}

const MAGIC = Uint8Array.from("\xff Go buildinf:", (c) => c.charCodeAt(0));
const ALIGN = 16;
const HEADER = 32;
const MAX_VERSION = 1 << 10;
const MAX_MODINFO = 16 << 20;

/**
 * Finds and reads the build information; undefined if there is none (before Go 1.13, wiped, or not Go). Where sections are
 * gone the blob is searched for: it is 16-byte aligned, in the writable data of every format that Go links.
 * Specification: GOROOT/src/debug/buildinfo/buildinfo.go, cmd/link/internal/ld/data.go (buildinfo).
 */
export function readBuildInfo(exe: Executable): BuildInfo | undefined {
  const section = exe.sections.find((s) => s.name === ".go.buildinfo" || s.name === "__go_buildinfo");
  if (section && section.rva >= 0) {
    const region = regionAt(exe.regions, section.rva);
    const found = region && parseBlob(exe, region, section.rva - region.rva);
    if (found) return found;
  }
  // Programs that read build information hold the magic as a string constant: writable data goes first, code is never looked at.
  for (const writable of [true, false]) {
    for (const region of exe.regions) {
      if (region.writable !== writable || region.executable) continue;
      const found = search(exe, region);
      if (found) return found;
    }
  }
  return withoutBlob(exe);
}

/** The marks around the module text (cmd/go/internal/modload/build.go, infoStart and infoEnd). */
const TEXT_MARK = [0x30, 0x77, 0xaf, 0x0c, 0x92, 0x74, 0x08, 0x02, 0x41, 0xe1, 0xc1, 0x07, 0xe6, 0xd6, 0x18, 0xe6];
const TEXT_END = [0xf9, 0x32, 0x43, 0x31, 0x86, 0x18, 0x20, 0x72, 0x00, 0x82, 0x42, 0x10, 0x41, 0x16, 0xd8, 0xf2];

/**
 * wasm modules have no blob (cmd/link/internal/wasm/asm.go leaves its section out), but the module text that
 * runtime/debug.ReadBuildInfo reads, and the version in the custom section "producers".
 */
function withoutBlob(exe: Executable): BuildInfo | undefined {
  const goVersion = producer(exe);
  for (const { bytes, executable } of exe.regions) {
    const found = executable ? undefined : readModuleText(bytes);
    if (found) return { goVersion, ...found };
  }
  return goVersion === "" ? undefined : { goVersion, ...parseModinfo("") };
}

/** What a Go program says of itself to runtime/debug.ReadBuildInfo, found in bytes of whatever format; undefined if it is not there. */
export function readModuleText(bytes: Uint8Array): ReturnType<typeof parseModinfo> | undefined {
  const start = indexOf(bytes, TEXT_MARK, 0, bytes.length);
  if (start < 0) return undefined;
  const from = start + TEXT_MARK.length;
  const end = indexOf(bytes, TEXT_END, from, Math.min(bytes.length, from + MAX_MODINFO));
  return end < 0 ? undefined : parseModinfo(text(bytes.subarray(from, end)));
}

/** The version of the compiler as a wasm module names it; "" if it names none. */
function producer(exe: Executable): string {
  const section = exe.format === "wasm" ? exe.sections.find((s) => s.name === "producers") : undefined;
  if (!section) return "";
  const bytes = exe.bytes.subarray(section.offset, section.offset + section.fileSize);
  const name = Array.from("Go cmd/compile", (c) => c.charCodeAt(0));
  const at = indexOf(bytes, name, 0, bytes.length);
  const version = at < 0 ? undefined : varString(bytes, at + name.length, MAX_VERSION);
  return version ? text(version.value) : "";
}

/** Where a run of bytes first stands in [from, to), or -1. */
function indexOf(bytes: Uint8Array, wanted: readonly number[], from: number, to: number): number {
  for (let i = bytes.indexOf(wanted[0], from); i >= 0 && i + wanted.length <= to; i = bytes.indexOf(wanted[0], i + 1)) {
    let k = 1;
    while (k < wanted.length && bytes[i + k] === wanted[k]) k++;
    if (k === wanted.length) return i;
  }
  return -1;
}

function search(exe: Executable, region: Region): BuildInfo | undefined {
  const { bytes } = region;
  const first = (ALIGN - ((exe.imageBase + region.rva) % ALIGN)) % ALIGN;
  for (let i = first; i + HEADER <= bytes.length; i += ALIGN) {
    if (bytes[i] !== 0xff || bytes[i + 1] !== 0x20) continue;
    const found = parseBlob(exe, region, i);
    if (found) return found;
  }
  return undefined;
}

/** Reads the blob at an offset of a region; undefined if it is not one. */
function parseBlob(exe: Executable, region: Region, at: number): BuildInfo | undefined {
  const { bytes } = region;
  if (at < 0 || at + HEADER > bytes.length || MAGIC.some((c, i) => bytes[at + i] !== c)) return undefined;
  const ptrSize = bytes[at + 14];
  const flags = bytes[at + 15];
  let version: Uint8Array | undefined;
  let modinfo: Uint8Array | undefined;
  let length: number;
  if (flags & 2) {
    const first = varString(bytes, at + HEADER, MAX_VERSION);
    if (!first) return undefined;
    const second = varString(bytes, first.end, MAX_MODINFO);
    version = first.value;
    modinfo = second?.value;
    length = Math.ceil(((second ?? first).end - at) / ALIGN) * ALIGN;
  } else {
    if (ptrSize !== 4 && ptrSize !== 8) return undefined;
    const big = (flags & 1) !== 0;
    version = pointedString(exe, bytes, at + 16, ptrSize, big, MAX_VERSION);
    modinfo = pointedString(exe, bytes, at + 16 + ptrSize, ptrSize, big, MAX_MODINFO);
    length = HEADER;
  }
  if (!version || version.length === 0) return undefined;
  return {
    goVersion: text(version),
    ...parseModinfo(unframe(modinfo)),
    rva: region.rva + at,
    length: Math.min(length, bytes.length - at),
  };
}

/** A string behind its length as an unsigned varint (Go 1.18 and later). */
function varString(bytes: Uint8Array, at: number, max: number): { value: Uint8Array; end: number } | undefined {
  let length = 0;
  let factor = 1;
  for (let i = at; i < bytes.length && i < at + 5; i++) {
    length += (bytes[i] & 0x7f) * factor;
    if (bytes[i] < 0x80) {
      const end = i + 1 + length;
      return length <= max && end <= bytes.length ? { value: bytes.subarray(i + 1, end), end } : undefined;
    }
    factor *= 128;
  }
  return undefined;
}

/** A Go string behind a pointer to its header (Go 1.13 to 1.17). */
function pointedString(
  exe: Executable,
  bytes: Uint8Array,
  at: number,
  ptrSize: 4 | 8,
  bigEndian: boolean,
  max: number,
): Uint8Array | undefined {
  const header = imageBytes(exe.regions, word(bytes, at, ptrSize, bigEndian) - exe.imageBase, 2 * ptrSize);
  if (!header) return undefined;
  const length = word(header, ptrSize, ptrSize, bigEndian);
  if (length > max) return undefined;
  return imageBytes(exe.regions, word(header, 0, ptrSize, bigEndian) - exe.imageBase, length);
}

function word(bytes: Uint8Array, at: number, size: 4 | 8, bigEndian: boolean): number {
  let value = 0;
  for (let i = 0; i < size; i++) value = value * 256 + bytes[bigEndian ? at + i : at + size - 1 - i];
  return value;
}

/** Takes away the 16-byte marks in front of and behind the text (cmd/go/internal/modload, ModInfoProg). */
function unframe(modinfo: Uint8Array | undefined): string {
  if (!modinfo || modinfo.length < 33 || modinfo[modinfo.length - 17] !== 10) return "";
  return text(modinfo.subarray(16, modinfo.length - 16));
}

interface MutableRef {
  path: string;
  version: string;
  sum: string;
  replace?: ModuleRef;
}

/**
 * Parses the text of runtime/debug.BuildInfo (the output of `go version -m` without its first line and tabs). Lines that are not
 * understood are skipped: a newer Go may add some.
 */
export function parseModinfo(modinfo: string): Omit<BuildInfo, "goVersion" | "rva" | "length"> {
  let path = "";
  let main: MutableRef | undefined;
  const deps: MutableRef[] = [];
  const settings: { key: string; value: string }[] = [];
  let last: MutableRef | undefined;
  for (const line of modinfo.split("\n")) {
    const tab = line.indexOf("\t");
    if (tab < 0) continue;
    const rest = line.slice(tab + 1);
    switch (line.slice(0, tab)) {
      case "path":
        path = rest;
        break;
      case "mod":
        last = main = moduleRef(rest);
        break;
      case "dep":
        last = moduleRef(rest);
        deps.push(last);
        break;
      case "=>":
        if (last) last.replace = moduleRef(rest);
        break;
      case "build": {
        const setting = parseSetting(rest);
        if (setting) settings.push(setting);
        break;
      }
    }
  }
  return { path, ...(main && { main }), deps, settings };
}

function moduleRef(columns: string): MutableRef {
  const [path = "", version = "", sum = ""] = columns.split("\t");
  return { path, version, sum };
}

/** key=value, where either side is a Go string literal if it holds special characters. */
function parseSetting(rest: string): { key: string; value: string } | undefined {
  const quotedKey = literal(rest);
  const equals = quotedKey ? quotedKey.end : rest.indexOf("=");
  if (equals <= 0 || rest[equals] !== "=") return undefined;
  const value = rest.slice(equals + 1);
  return { key: quotedKey?.value ?? rest.slice(0, equals), value: literal(value)?.value ?? value };
}

const ESCAPES: Readonly<Record<string, string>> = { a: "\x07", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" };

/** The Go string literal that a text begins with (strconv.QuotedPrefix), or undefined. */
function literal(source: string): { value: string; end: number } | undefined {
  if (source[0] === "`") {
    const close = source.indexOf("`", 1);
    return close < 0 ? undefined : { value: source.slice(1, close), end: close + 1 };
  }
  if (source[0] !== '"') return undefined;
  let close = 1;
  while (close < source.length && source[close] !== '"') close += source[close] === "\\" ? 2 : 1;
  if (close >= source.length) return undefined;
  const escape = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))/gs;
  const value = source
    .slice(1, close)
    .replace(escape, (_, x: string, u: string, wide: string, octal: string, other: string) => {
      if (other !== undefined) return ESCAPES[other] ?? other;
      const code = octal === undefined ? parseInt(x ?? u ?? wide, 16) : parseInt(octal, 8);
      return code <= 0x10ffff ? String.fromCodePoint(code) : "\ufffd";
    });
  return { value, end: close + 1 };
}
