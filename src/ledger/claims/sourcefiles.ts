// Code by the source file that its instructions were written in, inlined bodies to the file they came from.
import type { Executable } from "../../binary/executable.ts";
import type { Pclntab } from "../../binary/go/pclntab.ts";
import { pcValues } from "../../binary/go/pcvalues.ts";
import { text, u32 } from "../../binary/bytes.ts";
import type { Names } from "../ledger.ts";
import type { FileRow } from "../profile.ts";
import { type Functions, packageOfFile } from "./functions.ts";

/**
 * Bytes of machine code per source file, from the function table's file streams. wasm functions go whole to the file they begin in,
 * because their program counters are not bytes. Nothing for tables before Go 1.16.
 */
export function sourceFiles(exe: Executable, t: Pclntab, functions: Functions, packages: Names): FileRow[] {
  if (t.version === "1.2") return [];
  const view = new DataView(t.bytes.buffer, t.bytes.byteOffset, t.bytes.byteLength);
  const bytes = new Map<number, number>();
  // the directory of main's files is not called main: they are known by the functions that begin in them
  const owner = new Map<number, number>();
  let isFirst = true;
  const add = (f: number, file: number, count: number): void => {
    const at = t.cutab + (t.cuOffset[f] + file) * 4;
    if (file < 0 || at + 4 > t.filetab) return;
    const name = u32(view, at, t.littleEndian);
    bytes.set(name, (bytes.get(name) ?? 0) + count);
    if (isFirst && functions.shared[f] === 0 && !owner.has(name)) owner.set(name, functions.unit[f]);
  };
  for (let f = 0; f < t.nfunc; f++) {
    isFirst = true;
    pcValues(t, f, t.pcfile[f], (from, to, file) => {
      if (!exe.wasm) add(f, file, to - from);
      else if (isFirst) add(f, file, t.end[f] - t.entry[f]);
      isFirst = false;
    });
  }
  const rows: FileRow[] = [];
  for (const [name, count] of bytes) {
    const from = t.filetab + name;
    const end = t.bytes.indexOf(0, from);
    if (from >= t.pctab || end < 0) continue;
    const path = text(t.bytes.subarray(from, Math.min(end, t.pctab)));
    rows.push({ path, bytes: count, pkg: packages.get(packageOfFile(path, packages) || (owner.get(name) ?? 0)) });
  }
  return rows;
}
