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
import { namedSymbols } from "./symbolnames.ts";
import { LebCursor } from "./leb.ts";
import { Structure } from "./structure.ts";
import { paint, readData, type WasmSection } from "./wasmdata.ts";

const PAGE = 0x1_0000;
const MAX_NAME = 128;
const MAX_SECTIONS = 4096;
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
    return namedSymbols(bytes.data, {
      count,
      rva,
      size: length,
      letter,
      nameOffset,
      nameLength,
      entryOffset,
      entrySize: 0,
      underscored: false,
    });
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
