// Packages by the names of symbols, where the names may be C's too: "crtstuff.c", "memcpy@GLIBC_2.14", "name.constprop.0".
import { NO_RVA, type SymbolTable } from "../../binary/executable.ts";
import { packageOf } from "../../binary/go/symbolname.ts";
import { Names } from "../ledger.ts";
import { isMarker } from "./symbols.ts";

/** Which compiler made the program's symbols. */
export type Dialect = "go" | "tinygo" | "other";

/** Names longer than this are not looked at: hostile tables let thousands of symbols share one endless name. */
const MAX_NAME = 4096;
const MAX_TOTAL = 1 << 27;
/** No marker's name is longer. */
const MAX_MARKER = 32;
const QUESTION = 0x3f;

/** The packages that the symbols of a Go program name: for each symbol the number of its package among `names`; the first is "". */
export interface SymbolPackages {
  readonly names: readonly string[];
  readonly of: Uint32Array;
}

/** Reads all names at once. Plain data: another thread may have made it. */
export function symbolPackages(table: SymbolTable): SymbolPackages {
  const packages = new Names();
  const read = new PackageNames(packages, "go");
  const of = new Uint32Array(table.count);
  for (let i = 0; i < of.length; i++) {
    const name = read.nameOf(table, i);
    if (name !== "") of[i] = packages.id(packageOf(name));
  }
  return { names: packages.all(), of };
}

export class PackageNames {
  private readonly packages: Names;
  private readonly dialect: Dialect;
  private readonly told: { readonly ids: readonly number[]; readonly of: Uint32Array } | undefined;
  private left = MAX_TOTAL;

  /** `told`: what `symbolPackages` says of the table of a Go program. */
  constructor(packages: Names, dialect: Dialect, told?: SymbolPackages) {
    this.packages = packages;
    this.dialect = dialect;
    this.told = told && { ids: told.names.map((name) => packages.find(name) ?? 0), of: told.of };
  }

  /** Package id of a symbol by its name alone; 0 if the name tells none. A Go program's packages are known from its functions. */
  of(table: SymbolTable, i: number): number {
    if (this.told) return this.told.ids[this.told.of[i]];
    if (this.dialect === "other") return 0;
    const name = this.nameOf(table, i);
    if (name === "") return 0;
    if (this.dialect === "tinygo") return this.packages.id(packageOf(name.replace(/^\(\*?/, "")));
    return this.packages.find(packageOf(name)) ?? 0;
  }

  /** A symbol's name; "" if it is not to be looked at. */
  nameOf(table: SymbolTable, i: number): string {
    const length = table.nameLength[i];
    if (length === 0 || length > MAX_NAME || this.left < length) return "";
    this.left -= length;
    // names of source files
    return table.letter[i] === QUESTION && table.rva[i] === NO_RVA ? "" : table.name(i);
  }

  /** True for symbols that stand for no object: borders of sections, and what Go's linker keeps under "go:". */
  isMarker(table: SymbolTable, i: number): boolean {
    if (table.nameLength[i] > MAX_MARKER) return false;
    const name = table.name(i);
    return isMarker(name) || (this.dialect === "go" && name.startsWith("go:"));
  }
}
