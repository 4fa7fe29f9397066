// Windows executables and DLLs. Specification: Microsoft's "PE Format"; GOROOT/src/debug/pe; what Go writes:
// GOROOT/src/cmd/link/internal/ld/pe.go.
import { Bytes, InputError } from "./bytes.ts";
import type { Executable, Reader } from "./executable.ts";
import { layOut } from "./image.ts";
import {
  build,
  checkRaw,
  MACHINES,
  MAX_NAME,
  readCoffHeader,
  readSections,
  SCN_DISCARDABLE,
  SCN_EXECUTE,
  SCN_READ,
  SCN_WRITE,
  SECTION_HEADER,
  type SectionHeader,
  stringTable,
  usedSize,
} from "./peheaders.ts";
import { isObject, openObject } from "./peobject.ts";
import { readBaseRelocations } from "./perelocations.ts";
import { Structure } from "./structure.ts";

const FILE_DLL = 0x2000;
const DYNAMIC_BASE = 0x40;
const MAX_IMPORTS = 1024;
const DIR_IMPORT = 1;
const DIR_SECURITY = 4;
const DIR_RELOCATION = 5;
/** Data directories that are structure from end to end. */
const STRUCTURE: readonly (readonly [directory: number, name: string])[] = [
  [0, "export table"],
  [2, "resources"],
  [6, "debug directory"],
  [9, "TLS directory"],
  [10, "load configuration"],
  [11, "bound imports"],
  [12, "import table"],
  [13, "delayed imports"],
];

interface Directory {
  readonly rva: number;
  readonly size: number;
}

function openImage(data: Uint8Array): Executable {
  const bytes = new Bytes(data);
  const peAt = bytes.u32(0x3c);
  if (peAt + 24 > data.length || bytes.u32(peAt) !== 0x4550) {
    throw new InputError(
      peAt + 24 > data.length
        ? "the file is truncated: it ends before the PE header"
        : "this is a DOS program, not a Windows one",
      `offset ${peAt}`,
    );
  }
  const coff = readCoffHeader(bytes, peAt + 4);
  const optional = peAt + 24;
  if (optional + coff.optionalSize > data.length || coff.optionalSize < 96) {
    throw new InputError("the file is truncated: it ends inside the PE header", `offset ${optional}`);
  }
  const magic = bytes.u16(optional);
  if (magic !== 0x10b && magic !== 0x20b)
    throw new InputError("the PE header is damaged (optional header)", `offset ${optional}`);
  const wide = magic === 0x20b;
  const directoriesAt = optional + (wide ? 112 : 96);
  const directoryCount = Math.min(
    bytes.u32(directoriesAt - 4),
    Math.floor((optional + coff.optionalSize - directoriesAt) / 8),
    16,
  );
  const directory = (i: number): Directory =>
    i < directoryCount
      ? { rva: bytes.u32(directoriesAt + i * 8), size: bytes.u32(directoriesAt + i * 8 + 4) }
      : { rva: 0, size: 0 };

  const warnings: string[] = [];
  const strings = stringTable(bytes, coff);
  const headers = readSections(bytes, coff, strings);
  checkRaw(bytes, headers);
  for (const s of headers) {
    s.memSize = s.virtualSize > 0 ? s.virtualSize : s.rawSize;
    // Debug information and the like is never read by the program; `.reloc` only by the loader.
    const discarded = (s.flags & SCN_DISCARDABLE) !== 0 && (s.flags & SCN_EXECUTE) === 0;
    if (!discarded && s.memSize > 0 && s.flags & (SCN_READ | SCN_EXECUTE)) s.rva = s.virtualAddress;
  }
  const imageBase = wide ? bytes.u64(optional + 24) : bytes.u32(optional + 28);
  const { regions } = layOut(
    data,
    headers
      .map((s, i) => ({ s, name: `section ${i}` }))
      .filter(({ s }) => s.rva >= 0)
      .map(({ s, name }) => ({
        address: imageBase + s.rva,
        memSize: s.memSize,
        offset: s.rawOffset,
        fileSize: s.rawSize,
        executable: (s.flags & SCN_EXECUTE) !== 0,
        writable: (s.flags & SCN_WRITE) !== 0,
        name,
      })),
    imageBase,
  );
  if (regions.length === 0) throw new InputError("the PE file has nothing to load", "section headers");

  const structure = new Structure(data.length);
  const sectionsAt = coff.at + 20 + coff.optionalSize;
  const headersEnd = sectionsAt + coff.sectionCount * SECTION_HEADER;
  structure.add(0, peAt, "header", "DOS header");
  structure.add(peAt, sectionsAt - peAt, "header", "PE header");
  structure.add(sectionsAt, headersEnd - sectionsAt, "header", "section headers");
  const firstRaw = headers.reduce((min, s) => (s.rawSize > 0 ? Math.min(min, s.rawOffset) : min), data.length);
  const sizeOfHeaders = Math.min(bytes.u32(optional + 60), firstRaw);
  structure.add(headersEnd, sizeOfHeaders - headersEnd, "padding", "file alignment");
  for (const s of headers) {
    const used = usedSize(s);
    structure.add(s.rawOffset + used, s.rawSize - used, "padding", "file alignment");
  }
  const imports = directory(DIR_IMPORT);
  const importSection = sectionAt(headers, imports.rva);
  if (importSection?.name === ".idata") {
    structure.add(importSection.rawOffset, usedSize(importSection), "header", "import table");
  } else {
    addDirectory(structure, headers, imports, "import table");
  }
  // Go keeps it in its data section.
  for (const [i, name] of STRUCTURE) addDirectory(structure, headers, directory(i), name);
  // The security directory is the one whose address is a file offset.
  const security = directory(DIR_SECURITY);
  structure.add(security.rva, security.rva > 0 ? security.size : 0, "signature", "Authenticode signature");

  const tables = new Structure(data.length);
  const relocation = directory(DIR_RELOCATION);
  const relocationSection = sectionAt(headers, relocation.rva);
  let relocationRange = { start: 0, end: 0 };
  if (relocationSection && relocation.size > 0) {
    const start = relocationSection.rawOffset + relocation.rva - relocationSection.virtualAddress;
    const end = Math.min(start + relocation.size, relocationSection.rawOffset + usedSize(relocationSection));
    relocationRange = { start, end };
    tables.add(start, end - start, "relocation", "base relocations");
  }
  const known = MACHINES[coff.machine];
  const packed = headers.some((s) => s.name === "UPX0") && headers.some((s) => s.name === "UPX1") ? "UPX" : undefined;
  const last = regions[regions.length - 1];
  return build(bytes, coff, headers, structure, tables, strings, {
    arch: known?.arch ?? `pe-machine-${coff.machine}`,
    ptrSize: wide ? 8 : 4,
    imageBase,
    regions,
    pie: (bytes.u16(optional + 70) & DYNAMIC_BASE) !== 0,
    dynamic: importedLibraries(bytes, headers, imports).some((name) => name.toLowerCase() !== "kernel32.dll"),
    type: coff.flags & FILE_DLL ? "shared" : "exe",
    ...(packed && { packed }),
    warnings,
    readRelocations: () => readBaseRelocations(bytes, relocationRange, last.rva + last.memSize),
  });
}

const sectionAt = (headers: readonly SectionHeader[], rva: number): SectionHeader | undefined =>
  rva > 0 ? headers.find((s) => rva >= s.virtualAddress && rva < s.virtualAddress + usedSize(s)) : undefined;

function addDirectory(structure: Structure, headers: readonly SectionHeader[], d: Directory, name: string): void {
  const s = sectionAt(headers, d.rva);
  if (!s) return;
  const inside = d.rva - s.virtualAddress;
  structure.add(s.rawOffset + inside, Math.min(d.size, usedSize(s) - inside), "header", name);
}

/** Names of the DLLs in the import table. */
function importedLibraries(bytes: Bytes, headers: readonly SectionHeader[], imports: Directory): string[] {
  const out: string[] = [];
  const s = sectionAt(headers, imports.rva);
  if (!s) return out;
  const end = s.rawOffset + usedSize(s);
  for (let at = s.rawOffset + imports.rva - s.virtualAddress; at + 20 <= end && out.length < MAX_IMPORTS; at += 20) {
    const rva = bytes.u32(at + 12);
    const holder = sectionAt(headers, rva);
    if (!holder) break;
    out.push(bytes.cstring(holder.rawOffset + rva - holder.virtualAddress, MAX_NAME));
  }
  return out;
}

const isImage = (b: Uint8Array): boolean => b.length >= 0x40 && b[0] === 0x4d && b[1] === 0x5a;

export const pe: Reader = {
  name: "pe",
  detect: (b) => isImage(b) || isObject(b),
  open: (b) => (isImage(b) ? openImage(b) : openObject(b)),
};
