// Packages by the names of symbols, where the names may be C's too: "crtstuff.c", "memcpy@GLIBC_2.14", "name.constprop.0".
import { NO_RVA, type SymbolTable } from "../../binary/executable.ts";
import { takeU32 } from "../../binary/memory.ts";
import { NameReader, packageOf } from "../../binary/go/symbolname.ts";
import { Names } from "../ledger.ts";

/** Which compiler made the program's symbols. */
export type Dialect = "go" | "tinygo" | "other";

/** Names longer than this are not looked at: hostile tables let thousands of symbols share one endless name. */
const MAX_NAME = 4096;
const MAX_TOTAL = 1 << 27;
/** No marker's name is longer. */
const MAX_MARKER = 32;
const QUESTION = 0x3f;

/** Symbols that stand for a whole section or the border of one. */
const MARKERS =
  /^(?:type:\*|typerel[.:]\*|go:string\.\*|go:func\.\*|go:funcdesc|runtime\.gcbits\.\*|runtime\.(?:e?(?:rodata|types|data|noptrdata|bss|noptrbss|text|pclntab|covctrs|end)))$/;

/** True for symbols that stand for a whole section or the border of one. */
export function isMarker(table: SymbolTable, i: number): boolean {
  return isShort(table, i) && MARKERS.test(table.name(i));
}

/** 1 for letters of symbols that stand in data. */
export const DATA = letters("RrDdBb");

/** 1 for each of these letters. */
export function letters(all: string): Uint8Array {
  const out = new Uint8Array(256);
  for (const letter of all) out[letter.charCodeAt(0)] = 1;
  return out;
}

const isShort = (table: SymbolTable, i: number): boolean => table.nameLength[i] <= MAX_MARKER;

/** The packages that the symbols of a Go program name: for each symbol the number of its package among `names`; the first is "". */
export interface SymbolPackages {
  readonly names: readonly string[];
  readonly of: Uint32Array;
}

/**
 * Reads the names of a symbol table of the file `bytes`, and answers twice: first those of data symbols alone are read, which somebody
 * waits for, then all. Plain data, the same object: another thread may have made it.
 */
export function* readSymbolPackages(bytes: Uint8Array, table: SymbolTable): Generator<SymbolPackages, SymbolPackages> {
  const packages = new Names();
  const of = takeU32(table.count).fill(0);
  const answer = { names: packages.all(), of };
  const names = new NameReader(bytes);
  const budget = new Budget();
  readPackages(bytes, table, 1, names, budget, packages, of);
  yield answer;
  readPackages(bytes, table, 0, names, budget, packages, of);
  return answer;
}

/** The same in one go. */
export function symbolPackages(bytes: Uint8Array, table: SymbolTable): SymbolPackages {
  const reading = readSymbolPackages(bytes, table);
  reading.next();
  return reading.next().value;
}

/** Reads the packages of symbols in data, or of all others. */
function readPackages(
  bytes: Uint8Array,
  table: SymbolTable,
  isData: 0 | 1,
  names: NameReader,
  budget: Budget,
  packages: Names,
  of: Uint32Array,
): void {
  const { count, letter, nameOffset, nameLength, underscored } = table;
  for (let i = 0; i < count; i++) {
    if (DATA[letter[i]] !== isData || !budget.allows(table, i)) continue;
    const from = nameOffset[i];
    const skipped = underscored && bytes[from] === UNDERSCORE ? 1 : 0;
    of[i] = packages.id(names.packageAt(from + skipped, from + nameLength[i]));
  }
}

const UNDERSCORE = 0x5f;

/** Which names are looked at, one after the other. */
class Budget {
  private left = MAX_TOTAL;

  allows(table: SymbolTable, i: number): boolean {
    const length = table.nameLength[i];
    if (length === 0 || length > MAX_NAME || this.left < length) return false;
    this.left -= length;
    // names of source files
    return table.letter[i] !== QUESTION || table.rva[i] !== NO_RVA;
  }
}

export class PackageNames {
  private readonly packages: Names;
  private readonly dialect: Dialect;
  private readonly told: { readonly ids: readonly number[]; readonly of: Uint32Array } | undefined;
  private readonly budget = new Budget();

  /** `told`: what `symbolPackages` says of the table, if it is a Go program's. */
  constructor(packages: Names, dialect: Dialect, told?: SymbolPackages) {
    this.packages = packages;
    this.dialect = dialect;
    this.told = told && { ids: told.names.map((name) => packages.find(name) ?? 0), of: told.of };
  }

  /** Package id of a symbol by its name alone; 0 if the name tells none. A Go program's packages are known from its functions. */
  of(table: SymbolTable, i: number): number {
    if (this.told) return this.told.ids[this.told.of[i]];
    if (this.dialect !== "tinygo" || !this.budget.allows(table, i)) return 0;
    return this.packages.id(packageOf(table.name(i).replace(/^\(\*?/, "")));
  }

  /** True for symbols that stand for no object: borders of sections, and what Go's linker keeps under "go:". */
  isMarker(table: SymbolTable, i: number): boolean {
    return isMarker(table, i) || (this.dialect === "go" && isShort(table, i) && table.name(i).startsWith("go:"));
  }
}
