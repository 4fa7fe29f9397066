// Where the linker's symbols are in the finished file: sections, and what leads from the linker's addresses to the image's.
import type { Executable } from "../binary/executable.ts";
import type { Moduledata } from "../binary/go/moduledata.ts";
import type { ProbeDump } from "./probe.ts";

/** Symbols at places that the module data names too: where Go's sections begin and end. */
const ANCHORS = {
  "runtime.firstmoduledata": "rva",
  "runtime.text": "text",
  "runtime.etext": "etext",
  "runtime.rodata": "rodata",
  "runtime.types": "types",
  "runtime.noptrdata": "noptrdata",
  "runtime.enoptrdata": "enoptrdata",
  "runtime.data": "data",
  "runtime.edata": "edata",
} as const;

/**
 * What leads from the linker's addresses to RVAs, by section number. It is the same for all sections, unless another linker (cgo,
 * c-shared, plugins) got Go's sections as an object file and moved each as a whole: then sections without an anchor are NaN.
 * undefined if begin and end disagree: another program's.
 */
export function sectionShifts(exe: Executable, module: Moduledata, dump: ProbeDump): Float64Array | undefined {
  const anchors: ReadonlyMap<string, (typeof ANCHORS)[keyof typeof ANCHORS]> = new Map(Object.entries(ANCHORS));
  const found = new Float64Array(dump.sections.length + 1).fill(Number.NaN);
  let placed = true;
  for (let i = 0; i < dump.count; i++) {
    const section = dump.section[i];
    const name = section === 0 ? "" : dump.name(i);
    // hashing every long name takes longer than all the rest
    const anchor = name.startsWith("runtime.") ? anchors.get(name) : undefined;
    if (anchor === undefined || module[anchor] === 0) continue;
    const shift = module[anchor] - dump.va[i];
    if (!Number.isNaN(found[section]) && found[section] !== shift) return undefined;
    found[section] = shift;
    placed &&= shift === -exe.imageBase;
  }
  if (found.every(Number.isNaN)) return undefined;
  return placed ? found.fill(-exe.imageBase) : found;
}

export type SectionRole = "text" | "rodata" | "data" | "bss" | "";

/** What a section holds; "" for tables that the linker makes from others. */
export function sectionRole(section: string): SectionRole {
  if (/^(\.text|__text)$/.test(section)) return "text";
  if (/rodata|\.rdata|data\.rel\.ro$/.test(section)) return "rodata";
  if (/bss$/.test(section)) return "bss";
  if (/^(\.|__)(noptr)?data$/.test(section)) return "data";
  return "";
}

/** Symbols that hold others. */
export function isContainer(name: string): boolean {
  return name === "type:*" || name.startsWith("runtime.pclntab") || name === "go:func.*";
}
