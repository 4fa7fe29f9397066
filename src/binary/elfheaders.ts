// The ELF header and the two tables that it announces. Specification: the System V gABI; GOROOT/src/debug/elf/elf.go.
import { Bytes, InputError } from "./bytes.ts";
import type { Region } from "./executable.ts";
import { StringTable } from "./stringtable.ts";

export const ET_REL = 1;
const PN_XNUM = 0xffff;
export const SHT_NULL = 0;
export const SHT_STRTAB = 3;
export const SHT_RELA = 4;
export const SHT_NOBITS = 8;
export const SHT_REL = 9;
export const SHT_RELR = 19;
export const SHF_ALLOC = 2;
export const SHF_COMPRESSED = 0x800;
const XINDEX = 0xffff;
/** Section names are at most this long; longer ones are cut, so that hostile tables cannot multiply one huge name. */
const MAX_NAME = 128;

export interface ProgramHeader {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly address: number;
  readonly fileSize: number;
  readonly memSize: number;
}

export interface SectionHeader {
  readonly nameAt: number;
  readonly type: number;
  readonly flags: number;
  readonly address: number;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
  readonly info: number;
  readonly align: number;
  readonly entrySize: number;
  name: string;
  /** Filled in once the image is laid out; -1 if not loaded. */
  rva: number;
}

/** What the parts of this reader share. */
export interface ElfFile {
  readonly bytes: Bytes;
  readonly wide: boolean;
  readonly machine: number;
  readonly type: number;
  readonly programs: readonly ProgramHeader[];
  readonly sections: readonly SectionHeader[];
  imageBase: number;
  regions: Region[];
}

function readProgramHeaders(bytes: Bytes, wide: boolean, at: number, size: number, count: number): ProgramHeader[] {
  const out: ProgramHeader[] = [];
  const word = wide ? 8 : 4;
  for (let i = 0; i < count; i++, at += size) {
    out.push({
      type: bytes.u32(at),
      flags: bytes.u32(at + (wide ? 4 : 24)),
      offset: bytes.word(at + (wide ? 8 : 4), word),
      address: bytes.word(at + (wide ? 16 : 8), word),
      fileSize: bytes.word(at + (wide ? 32 : 16), word),
      memSize: bytes.word(at + (wide ? 40 : 20), word),
    });
  }
  return out;
}

function readSectionHeader(bytes: Bytes, wide: boolean, at: number): SectionHeader {
  const word = wide ? 8 : 4;
  return {
    nameAt: bytes.u32(at),
    type: bytes.u32(at + 4),
    flags: bytes.u32(at + 8 + (wide && !bytes.littleEndian ? 4 : 0)),
    address: bytes.word(at + (wide ? 16 : 12), word),
    offset: bytes.word(at + (wide ? 24 : 16), word),
    size: bytes.word(at + (wide ? 32 : 20), word),
    link: bytes.u32(at + (wide ? 40 : 24)),
    info: bytes.u32(at + (wide ? 44 : 28)),
    align: bytes.word(at + (wide ? 48 : 32), word),
    entrySize: bytes.word(at + (wide ? 56 : 36), word),
    name: "",
    rva: -1,
  };
}

export interface Headers {
  readonly bytes: Bytes;
  readonly wide: boolean;
  readonly abi: number;
  readonly type: number;
  readonly machine: number;
  readonly programs: ProgramHeader[];
  readonly sections: SectionHeader[];
  readonly nameSection: number;
  readonly programTable: { readonly start: number; readonly length: number };
  readonly sectionTable: { readonly start: number; readonly length: number };
}

/** Reads the ELF header and both tables; a section table that is missing (stripped off) leaves a warning. */
export function readHeaders(data: Uint8Array, warnings: string[]): Headers {
  if (data.length < 0x34) throw new InputError("the file is truncated: it ends inside the ELF header");
  const wide = data[4] === 2;
  if ((!wide && data[4] !== 1) || (data[5] !== 1 && data[5] !== 2) || data[6] !== 1) {
    throw new InputError("the ELF header is damaged (class, byte order or version)", "offset 4");
  }
  const bytes = new Bytes(data, data[5] === 1);
  const word = wide ? 8 : 4;
  const programsAt = bytes.word(wide ? 0x20 : 0x1c, word);
  const sectionsAt = bytes.word(wide ? 0x28 : 0x20, word);
  const sizes = wide ? 0x36 : 0x2a;
  const programSize = bytes.u16(sizes);
  let programCount = bytes.u16(sizes + 2);
  const sectionSize = bytes.u16(sizes + 4);
  let sectionCount = bytes.u16(sizes + 6);
  let nameSection = bytes.u16(sizes + 8);

  const sections: SectionHeader[] = [];
  const headerSize = wide ? 64 : 40;
  if (sectionsAt > 0 && sectionSize >= headerSize && sectionsAt + sectionSize <= data.length) {
    // Numbers that do not fit the header's 16 bits stand in section 0.
    const first = readSectionHeader(bytes, wide, sectionsAt);
    if (sectionCount === 0) sectionCount = first.size;
    if (nameSection === XINDEX) nameSection = first.link;
    if (programCount === PN_XNUM) programCount = first.info;
  }
  if (programCount > 0) {
    if (programSize < (wide ? 56 : 32)) throw new InputError("the ELF header is damaged (program header size)");
    if (programsAt + programCount * programSize > data.length) {
      throw new InputError("the file is truncated: it ends inside the program headers", `offset ${programsAt}`);
    }
  }
  const programs = readProgramHeaders(bytes, wide, programsAt, programSize, programCount);
  if (sectionsAt > 0 && sectionCount > 0) {
    if (sectionSize < headerSize) throw new InputError("the ELF header is damaged (section header size)");
    if (sectionsAt + sectionCount * sectionSize <= data.length) {
      for (let i = 0; i < sectionCount; i++)
        sections.push(readSectionHeader(bytes, wide, sectionsAt + i * sectionSize));
    } else if (programCount === 0) {
      throw new InputError("the file is truncated: it ends inside the section headers", `offset ${sectionsAt}`);
    } else {
      warnings.push("the section headers are cut off: debug information and symbols are not read");
      sectionCount = 0;
    }
  }
  for (const [i, s] of sections.entries()) {
    if (s.type !== SHT_NULL && s.type !== SHT_NOBITS && s.offset + s.size > data.length) {
      throw new InputError(
        `the file is truncated: section ${i} ends at byte ${s.offset + s.size}, the file at ${data.length}`,
        `section ${i}`,
      );
    }
  }
  const names = sections[nameSection];
  if (names?.type === SHT_STRTAB) {
    const table = new StringTable(bytes, names.offset, names.size);
    for (const s of sections) s.name = table.name(s.nameAt, MAX_NAME);
  }
  return {
    bytes,
    wide,
    abi: data[7],
    type: bytes.u16(0x10),
    machine: bytes.u16(0x12),
    programs,
    sections,
    nameSection,
    programTable: { start: programsAt, length: programCount * programSize },
    sectionTable: { start: sectionsAt, length: sections.length * sectionSize },
  };
}
