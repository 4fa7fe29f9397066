// By which names a program and its unstripped twin find each other.
import { createHash } from "node:crypto";
import { readGoBuildId } from "../binary/go/buildid.ts";
import { readBuildInfo } from "../binary/go/buildinfo.ts";
import { type GoProgram, readProgram } from "../binary/go/program.ts";
import type { Pclntab } from "../binary/go/pclntab.ts";
import type { Executable } from "../binary/executable.ts";

/**
 * gnu: the note that debuggers ask for. uuid: Mach-O's. go: the Go build ID. functions: the function table itself, which stripping
 * leaves as it is, so that files without any ID (built with -buildid=) have one too.
 */
export type IdKind = "gnu" | "uuid" | "go" | "functions";

export interface Id {
  readonly kind: IdKind;
  /** Lower-case hex, the name of the entry: 16 to 64 digits. */
  readonly hex: string;
}

export interface Identity {
  /** In the order of the kinds; the first is the entry's own name, the others lead to it. */
  readonly ids: readonly Id[];
  /** The Go build ID as text, "" if there is none. */
  readonly goBuildId: string;
  readonly goVersion: string;
  /** Import path of the program, "" if the file does not tell. */
  readonly path: string;
  readonly program?: GoProgram;
}

/** Hex digits of names that pare derives: as many as a GNU build ID has. */
const DIGITS = 40;

/**
 * The name of a Go build ID: the first 20 bytes of its SHA-256 in hex. The GNU build ID that Go's linker writes from 1.24 on is made
 * the same way, but of the ID before the go command completes it (cmd/link/internal/ld/elf.go, addbuildinfo), so the two differ.
 */
export function hexOfGoBuildId(goBuildId: string): string {
  return createHash("sha256").update(goBuildId).digest("hex").slice(0, DIGITS);
}

/** All names of an executable. */
export function identify(exe: Executable): Identity {
  const info = readBuildInfo(exe);
  const program = readProgram(exe, info?.goVersion ?? "");
  const goBuildId = readGoBuildId(exe);
  const ids: Id[] = [];
  const add = (kind: IdKind, hex: string): void => {
    if (isId(hex) && !ids.some((id) => id.hex === hex)) ids.push({ kind, hex });
  };
  if (exe.buildId !== undefined) add(exe.format === "macho" ? "uuid" : "gnu", exe.buildId);
  if (goBuildId !== "") add("go", hexOfGoBuildId(goBuildId));
  if (program) add("functions", hexOfFunctions(program.pcln, exe.arch));
  return {
    ids,
    goBuildId,
    goVersion: info?.goVersion ?? "",
    path: info?.path ?? "",
    ...(program ? { program } : {}),
  };
}

/** Whether a text can be the name of an entry. */
export function isId(hex: string): boolean {
  return /^[0-9a-f]{16,64}$/.test(hex);
}

/** Names, files, lines and distances from the text's start of all functions; not the header, which holds addresses. */
function hexOfFunctions(t: Pclntab, arch: string): string {
  let end = t.functab + t.nfunc * t.functabEntry;
  for (let f = 0; f < t.nfunc; f++) end = Math.max(end, t.funcdataAt(f) + t.nfuncdata[f] * t.funcdataRef);
  return createHash("sha256")
    .update(`${arch} ${t.version}\n`)
    .update(t.bytes.subarray(t.headerSize, Math.min(end, t.bytes.length)))
    .digest("hex")
    .slice(0, DIGITS);
}
