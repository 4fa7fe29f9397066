// The Go parts of an executable, found and read: function table, module data. One file may hold none.
import type { Executable } from "../executable.ts";
import { findModuledata, type Moduledata } from "./moduledata.ts";
import { type PclnHeader, type Pclntab, pclntabHeaders, readPclntab } from "./pclntab.ts";

export interface GoProgram {
  readonly pcln: Pclntab;
  /** Missing before Go 1.16 and in files whose moduledata was altered. */
  readonly module?: Moduledata;
  /** Minor version that decides encodings: from the build info if it tells, else the oldest that fits the tables. */
  readonly minor: number;
}

const OLDEST: Readonly<Record<PclnHeader["version"], number>> = { "1.2": 12, "1.16": 16, "1.18": 18, "1.20": 20 };

/** Bound on decoys: data that looks like a function table. */
const MAX_CANDIDATES = 16;

/**
 * Finds the function table and the moduledata that points at it. A table that a moduledata confirms wins over one that only looks right.
 * goVersion: "go1.26.8" or "" if unknown.
 */
export function readProgram(exe: Executable, goVersion: string): GoProgram | undefined {
  const told = /^(?:devel )?go1\.(\d+)/.exec(goVersion);
  let fallback: GoProgram | undefined;
  let seen = 0;
  for (const header of pclntabHeaders(exe)) {
    if (++seen > MAX_CANDIDATES) break;
    const module = findModuledata(exe, header);
    const textRva = module ? module.text : header.textStart > 0 ? header.textStart - exe.imageBase : firstCode(exe);
    const pcln = readPclntab(exe, header, textRva);
    if (!pcln) continue;
    const layout = module ? Number(module.layout.slice(2)) : OLDEST[header.version];
    const minor = told ? Number(told[1]) : Math.max(layout, OLDEST[header.version]);
    if (module) return { pcln, module, minor };
    fallback ??= { pcln, minor };
  }
  return fallback;
}

function firstCode(exe: Executable): number {
  const section = exe.sections.find((s) => s.executable && (s.name === ".text" || s.name === "__text"));
  return section ? section.rva : (exe.regions.find((r) => r.executable)?.rva ?? 0);
}
