// The one model that every container reader produces: where bytes are loaded, what the format itself owns, which symbols it names.

export type Format = "elf" | "macho" | "pe" | "wasm" | "archive" | "fat";

/**
 * Addresses are image-relative everywhere (RVA, unsigned 32 bit): virtual address − imageBase, where imageBase is the
 * lowest mapped virtual address of the file. An image that spans 4 GiB or more is refused by the reader.
 * Relocatable objects have no addresses: their sections are laid out from 4096 on and linked among themselves, imageBase is 0.
 * wasm: linear-memory addresses are RVAs with imageBase 0; function bodies live in a region of their own (see WasmCode).
 */
export interface Region {
  /** RVA of the first byte. */
  readonly rva: number;
  /** Bytes present (from the file, or painted for wasm data; relocated copy if the linker left slots empty). */
  readonly bytes: Uint8Array;
  /** Size in memory; what exceeds bytes.length is zero-filled (bss). */
  readonly memSize: number;
  /** File offset of bytes[0], or -1 if the region does not map linearly (wasm data): then `pieces` does. */
  readonly offset: number;
  /** For painted regions: sorted parallel arrays that map RVA pieces to the file. */
  readonly pieces?: { readonly rva: Uint32Array; readonly length: Uint32Array; readonly offset: Uint32Array };
  readonly executable: boolean;
  readonly writable: boolean;
}

export interface Section {
  readonly name: string;
  /** RVA, or -1 for a section that is not loaded. */
  readonly rva: number;
  /** Size in memory (loaded) or in the file. */
  readonly size: number;
  /** File offset of its bytes; fileSize is 0 for bss. */
  readonly offset: number;
  readonly fileSize: number;
  readonly executable: boolean;
  readonly writable: boolean;
  /** Set on a compressed (debug) section: decompressed length, offset of the stream within the section, algorithm. */
  readonly compressed?: { readonly rawSize: number; readonly headerSize: number; readonly method: "zlib" | "zstd" };
}

/** A file range that belongs to the format itself; `kind` is the ledger kind, `name` the overhead's name. Sorted, disjoint. */
export interface FormatRange {
  readonly start: number;
  readonly end: number;
  readonly kind: "header" | "symtab" | "relocation" | "signature" | "dwarf" | "padding";
  /** "ELF header", "section headers", "string table", "code signature" … */
  readonly name: string;
}

/** The rva of a symbol or relocation slot that has no address in the image (undefined, absolute, thread-local, file name …). */
export const NO_RVA = 0xffff_ffff;

/** Bytes that an image, and a file, must stay below. */
export const IMAGE_LIMIT = 0x1_0000_0000;

/** Struct of arrays; index order is file order. */
export interface SymbolTable {
  readonly count: number;
  /** NO_RVA where the symbol has no address. */
  readonly rva: Uint32Array;
  /** Size in bytes; for formats without sizes (Mach-O, PE) the distance to the next symbol or the section's end. */
  readonly size: Uint32Array;
  /** Char code of the letter of `go tool nm`: T text, R read-only, D data, B bss, U undefined, ? other (lower case: local). */
  readonly letter: Uint8Array;
  /** File range of the name's text (no NUL). */
  readonly nameOffset: Uint32Array;
  readonly nameLength: Uint32Array;
  /** File range of the symbol's own record; entrySize 0 if the format has none. */
  readonly entryOffset: Uint32Array;
  readonly entrySize: number;
  /** An underscore in front of a name is not part of it. */
  readonly underscored: boolean;
  name(i: number): string;
}

/** A symbol table as plain data: what another thread may have read. */
export type SymbolColumns = Omit<SymbolTable, "name">;

/**
 * Run-time relocations stored in the file (ELF .rela.dyn, PE .reloc, Mach-O rebase …): entry i covers a file range and patches slot.
 * Where one encoded entry patches several slots, the first carries its bytes and the others have entrySize 0.
 */
export interface Relocations {
  readonly count: number;
  readonly entryOffset: Uint32Array;
  readonly entrySize: Uint32Array;
  /** RVA of the word that is patched, or NO_RVA. */
  readonly slot: Uint32Array;
}

export interface Executable {
  readonly format: Format;
  /** GOOS, "" if the file does not say. */
  readonly os: string;
  /** GOARCH, or the container's own machine name if Go has none. */
  readonly arch: string;
  readonly ptrSize: 4 | 8;
  readonly littleEndian: boolean;
  /** The whole file. */
  readonly bytes: Uint8Array;
  /** Virtual address of RVA 0. */
  readonly imageBase: number;
  /** Sorted by rva, disjoint. */
  readonly regions: readonly Region[];
  readonly sections: readonly Section[];
  readonly structure: readonly FormatRange[];
  /**
   * Whole tables whose entries symbols() and relocations() hand out one by one: the owner of last resort for bytes of a table
   * that no entry covers. Sorted, disjoint.
   */
  readonly tables: readonly FormatRange[];
  /** Reads the symbol table on first use; throws InputError if it is damaged. */
  symbols(): SymbolTable;
  /** Reads the run-time relocations on first use; throws InputError if they are damaged. */
  relocations(): Relocations;
  readonly pie: boolean;
  /** Asks for a dynamic linker (ELF interpreter/needed libraries, Mach-O dylibs beyond libSystem …). */
  readonly dynamic: boolean;
  /** ELF only: path of the dynamic linker, "" if it asks for none; and the libraries that it asks for, in their order. */
  readonly interpreter?: string;
  readonly libraries?: readonly string[];
  /** "exe", "shared" (c-shared, plugin), "object", "archive" */
  readonly type: "exe" | "shared" | "object" | "archive";
  /** Hex GNU build ID / Mach-O UUID, if present. */
  readonly buildId?: string;
  /** Recognised packer ("UPX"), if any. */
  readonly packed?: string;
  /** Things that were wrong but survivable. */
  readonly warnings: readonly string[];
  /** wasm only. */
  readonly wasm?: WasmCode;
}

/**
 * wasm functions have no addresses. The code section's contents are one executable region at the first 64 KiB boundary above the
 * linear memory; body i (without the size field in front of it, which is [ends[i − 1], starts[i])) stands at RVA starts[i].
 * Go's PC of body i is (0x1000 + i) << 16; the pclntab's function table holds 0x1000 + i.
 */
export interface WasmCode {
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  /** Number of imported functions: index space offset of body 0. */
  readonly imports: number;
}

/** One row of the reader table; the first whose detect answers true opens the file. */
export interface Reader {
  readonly name: Format;
  detect(bytes: Uint8Array): boolean;
  open(bytes: Uint8Array): Executable;
}

/** The region that holds an RVA, or undefined. Few regions: linear search. */
export function regionAt(regions: readonly Region[], rva: number): Region | undefined {
  for (const r of regions) if (rva >= r.rva && rva < r.rva + r.memSize) return r;
  return undefined;
}

/** Bytes of [rva, rva+length) if the file holds all of them. */
export function imageBytes(regions: readonly Region[], rva: number, length: number): Uint8Array | undefined {
  const r = regionAt(regions, rva);
  if (!r || rva - r.rva + length > r.bytes.length) return undefined;
  return r.bytes.subarray(rva - r.rva, rva - r.rva + length);
}

export const emptySymbols: SymbolTable = {
  count: 0,
  rva: new Uint32Array(0),
  size: new Uint32Array(0),
  letter: new Uint8Array(0),
  nameOffset: new Uint32Array(0),
  nameLength: new Uint32Array(0),
  entryOffset: new Uint32Array(0),
  entrySize: 0,
  underscored: false,
  name: () => "",
};

export const emptyRelocations: Relocations = {
  count: 0,
  entryOffset: new Uint32Array(0),
  entrySize: new Uint32Array(0),
  slot: new Uint32Array(0),
};
