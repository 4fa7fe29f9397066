// WebAssembly core modules. Specification: https://webassembly.github.io/spec/core/binary/modules.html and the tool conventions
// for the "name" and "producers" sections; what Go writes: GOROOT/src/cmd/link/internal/wasm/asm.go.
import { Bytes, InputError, text } from "./bytes.ts";
import {
  emptyRelocations,
  emptySymbols,
  type Executable,
  IMAGE_LIMIT,
  NO_RVA,
  type Reader,
  type Region,
  type Section,
  type SymbolTable,
  type WasmCode,
} from "./executable.ts";
import { LebCursor } from "./leb.ts";
import { Structure } from "./structure.ts";

const PAGE = 0x1_0000;
/** Boundary that the painted memory starts on: no object of the linker needs a stricter one. */
const ALIGN = 4096;
const MAX_NAME = 128;
const MAX_SECTIONS = 4096;
/** Go writes one for every 40 bytes or so of its data. */
const MAX_SEGMENTS = 1 << 22;
const CUSTOM = 0;
const IMPORT = 2;
const MEMORY = 5;
const EXPORT = 7;
const CODE = 10;
const DATA = 11;
const SECTIONS: readonly string[] = [
  "custom section",
  "type section",
  "import section",
  "function section",
  "table section",
  "memory section",
  "global section",
  "export section",
  "element section",
  "start section",
  "code section",
  "data section",
  "data count section",
  "tag section",
];

interface WasmSection {
  readonly id: number;
  /** "type section" …, or the custom section's own name. */
  readonly name: string;
  /** The id byte. */
  readonly start: number;
  /** The contents; a custom section's begin behind its name. */
  readonly payload: number;
  readonly end: number;
}

function readSections(bytes: Bytes): WasmSection[] {
  const out: WasmSection[] = [];
  const cursor = new LebCursor(bytes, 8, bytes.length);
  while (cursor.at < cursor.end) {
    const start = cursor.at;
    const id = cursor.u8();
    const size = cursor.uleb();
    const end = cursor.at + size;
    if (end > bytes.length) {
      throw new InputError(
        `the file is truncated: a section ends at byte ${end}, the file at ${bytes.length}`,
        `offset ${start}`,
      );
    }
    let name = SECTIONS[id];
    if (name === undefined)
      throw new InputError(`the module has a section of an unknown kind (${id})`, `offset ${start}`);
    let payload = cursor.at;
    if (id === CUSTOM) {
      const inner = new LebCursor(bytes, payload, end);
      const length = inner.uleb();
      const at = inner.skip(length);
      name = text(bytes.slice(at, Math.min(length, MAX_NAME)));
      payload = inner.at;
    }
    if (out.length === MAX_SECTIONS) throw new InputError(`the module has more than ${MAX_SECTIONS} sections`);
    out.push({ id, name, start, payload, end });
    cursor.at = end;
  }
  return out;
}

/** Skips a limits field (of a table or memory) and returns its minimum. */
function limits(cursor: LebCursor): number {
  const flags = cursor.u8();
  const min = cursor.uleb();
  if (flags & 1) cursor.uleb();
  return min;
}

interface Imports {
  readonly functions: number;
  readonly modules: ReadonlySet<string>;
  /** Pages of an imported memory. */
  readonly pages: number;
}

function readImports(bytes: Bytes, section: WasmSection | undefined): Imports {
  const modules = new Set<string>();
  let functions = 0;
  let pages = 0;
  if (section) {
    const cursor = new LebCursor(bytes, section.payload, section.end);
    for (let left = cursor.uleb(); left > 0; left--) {
      const length = cursor.uleb();
      const at = cursor.skip(length);
      if (modules.size < 64) modules.add(text(bytes.slice(at, Math.min(length, MAX_NAME))));
      cursor.skip(cursor.uleb());
      switch (cursor.u8()) {
        case 0:
          cursor.uleb();
          functions++;
          break;
        case 1:
          cursor.u8();
          limits(cursor);
          break;
        case 2:
          pages = limits(cursor);
          break;
        case 3:
          cursor.skip(2);
          break;
        case 4:
          cursor.u8();
          cursor.uleb();
          break;
        default:
          throw new InputError("an import is of an unknown kind", `offset ${cursor.at - 1}`);
      }
    }
  }
  return { functions, modules, pages };
}

/** Whether the module exports a function of this name. */
function hasExport(bytes: Bytes, section: WasmSection | undefined, name: string): boolean {
  if (!section) return false;
  const cursor = new LebCursor(bytes, section.payload, section.end);
  for (let left = cursor.uleb(); left > 0; left--) {
    const length = cursor.uleb();
    const at = cursor.skip(length);
    if (length === name.length && text(bytes.slice(at, length)) === name) return true;
    cursor.u8();
    cursor.uleb();
  }
  return false;
}

/** The first `count` entries are in use. */
interface DataSegments {
  readonly count: number;
  /** Sorted by rva, disjoint. */
  readonly rva: Uint32Array;
  readonly length: Uint32Array;
  readonly offset: Uint32Array;
}

/** Address of an active segment by its offset expression; undefined if it is not a constant. */
function offsetExpression(cursor: LebCursor): number | undefined {
  const op = cursor.u8();
  let value: number | undefined;
  if (op === 0x41) value = cursor.sleb() >>> 0;
  else if (op === 0x42) value = cursor.sleb();
  else if (op === 0x23) cursor.uleb();
  else throw new InputError("a data segment has an unknown kind of address", `offset ${cursor.at - 1}`);
  if (cursor.u8() !== 0x0b)
    throw new InputError("a data segment has an unknown kind of address", `offset ${cursor.at - 1}`);
  return value;
}

/** The segments that have an address; claims the headers of all of them for the structure. */
function readData(bytes: Bytes, section: WasmSection, structure: Structure, warnings: string[]): DataSegments {
  const cursor = new LebCursor(bytes, section.payload, section.end);
  const total = cursor.uleb();
  // A segment takes at least two bytes.
  if (total > Math.min(MAX_SEGMENTS, (section.end - section.payload) / 2)) {
    throw new InputError("the data section announces more segments than it can hold", `offset ${section.payload}`);
  }
  const rva = new Uint32Array(total);
  const length = new Uint32Array(total);
  const offset = new Uint32Array(total);
  let count = 0;
  let sorted = true;
  let unplaced = 0;
  structure.add(section.start, cursor.at - section.start, "header", section.name);
  for (let i = 0; i < total; i++) {
    const start = cursor.at;
    const mode = cursor.uleb();
    if (mode > 2) throw new InputError("a data segment is of an unknown kind", `offset ${start}`);
    if (mode === 2) cursor.uleb();
    const address = mode === 1 ? undefined : offsetExpression(cursor);
    const size = cursor.uleb();
    const at = cursor.skip(size);
    structure.add(start, at - start, "header", "data segment headers");
    if (size === 0) continue;
    if (address === undefined) {
      unplaced++;
      continue;
    }
    if (address + size > IMAGE_LIMIT - 1)
      throw new InputError("a data segment lies outside the memory", `offset ${start}`);
    if (count > 0 && address < rva[count - 1] + length[count - 1]) sorted = false;
    rva[count] = address;
    length[count] = size;
    offset[count++] = at;
  }
  if (unplaced > 0) warnings.push(`${unplaced} data segments have no fixed address and are not looked into`);
  const segments = { count, rva, length, offset };
  if (sorted) return segments;
  const placed = inAddressOrder(segments);
  if (placed.count < count) warnings.push("some data segments overlap and are not looked into");
  return placed;
}

/** Segments sorted by address, without those that overlap an earlier one. Linkers write a few sorted runs, which sort in linear time. */
function inAddressOrder({ count, rva, length, offset }: DataSegments): DataSegments {
  const order = Array.from(rva.subarray(0, count).keys()).sort((a, b) => rva[a] - rva[b]);
  const out = {
    count: 0,
    rva: new Uint32Array(count),
    length: new Uint32Array(count),
    offset: new Uint32Array(count),
  };
  let end = 0;
  for (const i of order) {
    if (rva[i] < end) continue;
    end = rva[i] + length[i];
    out.rva[out.count] = rva[i];
    out.length[out.count] = length[i];
    out.offset[out.count++] = offset[i];
  }
  return out;
}

/** The linear memory's initial contents, as one region. */
function paint(bytes: Bytes, segments: DataSegments, memSize: number): Region | undefined {
  const { count } = segments;
  if (count === 0) return undefined;
  const [rva, length, offset] = [segments.rva, segments.length, segments.offset].map((a) => a.subarray(0, count));
  // leading zeros are left out of the file: what stands there has an address all the same
  const start = rva[0] - (rva[0] % ALIGN);
  const size = rva[count - 1] + length[count - 1] - start;
  if (size > 8 * bytes.length + (64 << 20)) {
    throw new InputError("the data segments spread over far more memory than the file can fill", `${size} bytes`);
  }
  const image = new Uint8Array(size);
  for (let i = 0; i < count; i++) {
    const from = offset[i];
    const to = rva[i] - start;
    const n = length[i];
    // Most segments are a few words: a view for each would cost more than the copy.
    if (n > 128) image.set(bytes.data.subarray(from, from + n), to);
    else for (let j = 0; j < n; j++) image[to + j] = bytes.data[from + j];
  }
  return {
    rva: start,
    bytes: image,
    memSize: Math.max(size, memSize - start),
    offset: -1,
    pieces: { rva, length, offset },
    executable: false,
    writable: true,
  };
}

/** Places of the function bodies, which stand at `base` as one region that is the code section's contents. */
function readCode(bytes: Bytes, section: WasmSection, base: number, imports: number): WasmCode {
  const cursor = new LebCursor(bytes, section.payload, section.end);
  const count = cursor.uleb();
  // A body is its size, its number of locals, and `end`.
  if (count * 3 > section.end - section.payload) {
    throw new InputError("the code section announces more functions than it can hold", `offset ${section.payload}`);
  }
  const starts = new Uint32Array(count);
  const ends = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    const size = cursor.uleb();
    starts[i] = base + cursor.skip(size) - section.payload;
    ends[i] = starts[i] + size;
  }
  return { starts, ends, imports };
}

/** Function names of the "name" section. Names have no records of a fixed size: entries are the names themselves. */
function readSymbols(bytes: Bytes, section: WasmSection | undefined, code: WasmCode | undefined): SymbolTable {
  if (!section) return emptySymbols;
  const subsections = new LebCursor(bytes, section.payload, section.end);
  while (subsections.at < subsections.end) {
    const id = subsections.u8();
    const size = subsections.uleb();
    const at = subsections.skip(size);
    if (id !== 1) continue;
    const cursor = new LebCursor(bytes, at, at + size);
    const count = cursor.uleb();
    if (count > (code?.imports ?? 0) + (code?.starts.length ?? 0))
      throw new InputError("the name section names more functions than there are", `offset ${at}`);
    const rva = new Uint32Array(count).fill(NO_RVA);
    const length = new Uint32Array(count);
    const letter = new Uint8Array(count).fill(0x55);
    const nameOffset = new Uint32Array(count);
    const nameLength = new Uint32Array(count);
    const entryOffset = new Uint32Array(count);
    for (let i = 0; i < count; i++) {
      entryOffset[i] = cursor.at;
      const body = cursor.uleb() - (code?.imports ?? 0);
      nameLength[i] = cursor.uleb();
      nameOffset[i] = cursor.skip(nameLength[i]);
      if (code && body >= 0 && body < code.starts.length) {
        rva[i] = code.starts[body];
        length[i] = code.ends[body] - code.starts[body];
        letter[i] = 0x54;
      }
    }
    return {
      count,
      rva,
      size: length,
      letter,
      nameOffset,
      nameLength,
      entryOffset,
      entrySize: 0,
      name: (i) => text(bytes.data.subarray(nameOffset[i], nameOffset[i] + nameLength[i])),
    };
  }
  return emptySymbols;
}

/** Go's modules call the host through "gojs" ("go" before 1.21) or WASI. */
function osOf(modules: ReadonlySet<string>): string {
  if (modules.has("gojs") || modules.has("go")) return "js";
  return modules.has("wasi_snapshot_preview1") || modules.has("wasi_unstable") ? "wasip1" : "";
}

function open(data: Uint8Array): Executable {
  if (data.length < 8) throw new InputError("the file is truncated: it ends inside the wasm header");
  const bytes = new Bytes(data);
  const version = bytes.u32(4);
  if (version === 0x1000d) throw new InputError("this is a WebAssembly component, not a core module");
  if (version !== 1) throw new InputError(`this WebAssembly module is of an unknown version (${version})`, "offset 4");
  const sections = readSections(bytes);
  const byId = (id: number): WasmSection | undefined => sections.find((s) => s.id === id);
  const custom = (name: string): WasmSection | undefined => sections.find((s) => s.id === CUSTOM && s.name === name);
  const warnings: string[] = [];
  const structure = new Structure(data.length);
  const tables = new Structure(data.length);
  structure.add(0, 8, "header", "wasm header");
  const codeSection = byId(CODE);
  const dataSection = byId(DATA);
  if (!codeSection) throw new InputError("the WebAssembly module has no code");

  const imports = readImports(bytes, byId(IMPORT));
  const memory = byId(MEMORY);
  let pages = imports.pages;
  if (memory) {
    const cursor = new LebCursor(bytes, memory.payload, memory.end);
    if (cursor.uleb() > 0) pages = limits(cursor);
  }
  const memSize = Math.min(pages * PAGE, IMAGE_LIMIT - PAGE);
  const painted = dataSection && paint(bytes, readData(bytes, dataSection, structure, warnings), memSize);
  const memoryEnd = Math.max(memSize, painted ? painted.rva + painted.bytes.length : 0);
  const codeBase = Math.ceil(memoryEnd / PAGE) * PAGE;
  const codeSize = codeSection.end - codeSection.payload;
  if (codeBase + codeSize >= IMAGE_LIMIT)
    throw new InputError("the program's image spans 4 GiB or more", "memory section");
  const code = readCode(bytes, codeSection, codeBase, imports.functions);
  const regions: Region[] = [];
  if (painted) regions.push(painted);
  regions.push({
    rva: codeBase,
    bytes: data.subarray(codeSection.payload, codeSection.end),
    memSize: codeSize,
    offset: codeSection.payload,
    executable: true,
    writable: false,
  });

  const nameSection = custom("name");
  const producers = custom("producers");
  for (const s of sections) {
    if (s === dataSection) continue;
    if (s === codeSection) {
      const cursor = new LebCursor(bytes, s.payload, s.end);
      cursor.uleb();
      structure.add(s.start, cursor.at - s.start, "header", s.name);
    } else if (s === nameSection) {
      structure.add(s.start, s.payload - s.start, "header", "name section");
      tables.add(s.payload, s.end - s.payload, "symtab", "symbol names");
    } else if (s.id !== CUSTOM) {
      structure.add(s.start, s.end - s.start, "header", s.name);
    } else if (s.name.startsWith(".debug_")) {
      structure.add(s.start, s.payload - s.start, "header", "custom section");
    } else {
      const name = s.name === "go:buildid" ? "build ID" : s === producers ? "producers section" : "custom section";
      structure.add(s.start, s.end - s.start, "header", name);
    }
  }
  const go =
    custom("go:buildid") !== undefined ||
    imports.modules.has("gojs") ||
    imports.modules.has("go") ||
    (producers !== undefined &&
      text(bytes.slice(producers.payload, producers.end - producers.payload)).includes("Go cmd/compile"));
  let symbols: SymbolTable | undefined;
  return {
    format: "wasm",
    os: osOf(imports.modules),
    arch: "wasm",
    // Go's own compiler has 8-byte words in 32-bit memory; others have 4-byte ones.
    ptrSize: go ? 8 : 4,
    littleEndian: true,
    bytes: data,
    imageBase: 0,
    regions,
    sections: sections.map((s): Section => {
      const size = s.end - s.payload;
      const rva = s === codeSection ? codeBase : -1;
      return {
        name: s.name,
        rva,
        size,
        offset: s.payload,
        fileSize: size,
        executable: s === codeSection,
        writable: s === dataSection,
      };
    }),
    structure: structure.done(),
    tables: tables.done(),
    symbols: () => (symbols ??= readSymbols(bytes, nameSection, code)),
    relocations: () => emptyRelocations,
    pie: false,
    dynamic: false,
    type: hasExport(bytes, byId(EXPORT), "_initialize") ? "shared" : "exe",
    warnings,
    wasm: code,
  };
}

export const wasm: Reader = {
  name: "wasm",
  detect: (b) => b.length >= 4 && b[0] === 0 && b[1] === 0x61 && b[2] === 0x73 && b[3] === 0x6d,
  open,
};
