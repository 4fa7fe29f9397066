// COFF objects: what a C compiler, and Go for an external linker, writes for Windows. Specification: Microsoft's "PE Format".
import { Bytes, InputError } from "./bytes.ts";
import type { Executable } from "./executable.ts";
import { layOutObject } from "./image.ts";
import {
  build,
  checkRaw,
  MACHINES,
  readCoffHeader,
  readSections,
  SCN_DISCARDABLE,
  SCN_EXECUTE,
  SCN_READ,
  SCN_WRITE,
  SECTION_HEADER,
  type SectionHeader,
  stringTable,
  SYMBOL_SIZE,
  usedSize,
} from "./peheaders.ts";
import { linkCoffObject, type ObjectRelocations } from "./pelink.ts";
import { readObjectRelocations } from "./perelocations.ts";
import { Structure } from "./structure.ts";

/** Opens an object: its sections are laid out one behind the other, and linked to each other. */
export function openObject(data: Uint8Array): Executable {
  const bytes = new Bytes(data);
  const coff = readCoffHeader(bytes, 0);
  const warnings: string[] = [];
  const strings = stringTable(bytes, coff);
  const headers = readSections(bytes, coff, strings);
  checkRaw(bytes, headers);
  const loaded = headers
    .map((s, i) => ({ s, name: `section ${i}` }))
    .filter(({ s }) => !(s.flags & SCN_DISCARDABLE) && s.flags & (SCN_READ | SCN_EXECUTE));
  const { regions, rva } = layOutObject(
    data,
    loaded.map(({ s, name }) => ({
      memSize: Math.max(s.rawSize, s.virtualSize),
      offset: s.rawOffset,
      fileSize: usedSize(s),
      // Bits 20 to 23 hold log2(alignment) + 1.
      align: 1 << Math.max(0, ((s.flags >>> 20) & 15) - 1),
      executable: (s.flags & SCN_EXECUTE) !== 0,
      writable: (s.flags & SCN_WRITE) !== 0,
      name,
    })),
  );
  for (const [i, { s }] of loaded.entries()) {
    s.rva = rva[i];
    s.memSize = Math.max(s.rawSize, s.virtualSize);
  }
  const structure = new Structure(data.length);
  const headersEnd = 20 + coff.optionalSize + coff.sectionCount * SECTION_HEADER;
  structure.add(0, headersEnd, "header", "COFF headers");
  const tables = new Structure(data.length);
  const relocated = headers.filter((s) => s.relocationCount > 0);
  for (const s of relocated) {
    tables.add(s.relocationsAt, objectRelocationCount(bytes, s) * 10, "relocation", "relocations");
  }
  const placed: ObjectRelocations[] = relocated
    .filter((s) => s.rva >= 0)
    .map((s) => ({ at: s.relocationsAt, count: objectRelocationCount(bytes, s), rva: s.rva, size: s.memSize }));
  if (placed.reduce((sum, s) => sum + s.count, 0) * 10 > data.length) {
    throw new InputError("the sections announce more relocations than the file can hold");
  }
  linkCoffObject(bytes, coff.machine, regions, placed, (record) => {
    if (record >= coff.symbolCount) return NaN;
    const at = coff.symbolsAt + record * SYMBOL_SIZE;
    const s = headers[bytes.u16(at + 12) - 1];
    return s && s.rva >= 0 ? s.rva + bytes.u32(at + 8) : NaN;
  });
  const known = MACHINES[coff.machine];
  return build(bytes, coff, headers, structure, tables, strings, {
    arch: known?.arch ?? `pe-machine-${coff.machine}`,
    ptrSize: known?.ptrSize ?? 8,
    imageBase: 0,
    regions,
    pie: false,
    dynamic: false,
    type: "object",
    warnings,
    readRelocations: () => readObjectRelocations(bytes, placed),
  });
}

/** With more than 65,535 relocations the true number stands in the first one (IMAGE_SCN_LNK_NRELOC_OVFL). */
function objectRelocationCount(bytes: Bytes, s: SectionHeader): number {
  const count =
    s.relocationCount === 0xffff && s.flags & 0x0100_0000 && s.relocationsAt + 4 <= bytes.length
      ? bytes.u32(s.relocationsAt)
      : s.relocationCount;
  return Math.max(0, Math.min(count, Math.floor((bytes.length - s.relocationsAt) / 10)));
}

/** A COFF object has no magic: a known machine, no optional header (Go writes one), and tables inside the file. */
export function isObject(b: Uint8Array): boolean {
  if (b.length < 20) return false;
  const coff = readCoffHeader(new Bytes(b), 0);
  return (
    Object.hasOwn(MACHINES, coff.machine) &&
    (coff.optionalSize === 0 || coff.optionalSize === 224 || coff.optionalSize === 240) &&
    coff.sectionCount > 0 &&
    20 + coff.optionalSize + coff.sectionCount * SECTION_HEADER <= b.length &&
    coff.symbolsAt > 0 &&
    coff.symbolsAt + coff.symbolCount * SYMBOL_SIZE <= b.length
  );
}
