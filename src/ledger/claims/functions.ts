// Which package each function belongs to: by name where the name tells, by compilation unit and source directory where it does not.
import { packageOf, unescapePath } from "../../binary/go/symbolname.ts";
import { firstPcValue, type Pclntab } from "../../binary/go/pclntab.ts";
import { pcValueAt } from "../../binary/go/pcvalues.ts";
import { text, u32 } from "../../binary/bytes.ts";
import { takeU32, takeU8 } from "../../binary/memory.ts";
import type { Names } from "../ledger.ts";

export interface Functions {
  /** Package id per function: the owner that a Go programmer expects (a generic instance belongs to the generic function's package). */
  readonly owner: Uint32Array;
  /** Package id of the compilation unit that the linker filed the function under. */
  readonly unit: Uint32Array;
  /** 1: the linker keeps one copy of several (instances, wrappers, generated equality): the unit is only the first that had it. */
  readonly shared: Uint8Array;
  /** Ids of the packages that have code of their own in text order (dependencies first). */
  readonly textOrder: Uint32Array;
}

const NONE = 0xffffffff;

/** Longer paths are damage. */
const MAX_PATH = 4096;

/** Whether a byte ends a path: [ ( { " and a space. */
function opens(c: number): boolean {
  return c === 91 || c === 40 || c === 123 || c === 32 || c === 34;
}

/** Reads packages of names in a name table. */
export class NameScanner {
  /** Whether the last name has type arguments. */
  generic = false;
  /** Where the last name ends: at its NUL. */
  end = 0;
  private readonly bytes: Uint8Array;
  private readonly packages: Names;
  private lastFrom = -1;
  private lastLength = 0;
  private lastId = 0;
  private readonly slow = new Map<string, number>();

  constructor(bytes: Uint8Array, packages: Names) {
    this.bytes = bytes;
    this.packages = packages;
  }

  /** The package id of the NUL-terminated name at bytes[from], 0 if it tells none. */
  read(from: number): number {
    this.generic = false;
    return this.beginsAsLast(from) && this.endsWithoutSlash(from + this.lastLength + 1)
      ? this.lastId
      : this.readNew(from);
  }

  /** Whether a name begins with the last path and a dot. Names that stand together mostly do, and what differs are the ends of paths. */
  private beginsAsLast(from: number): boolean {
    const { bytes, lastFrom, lastLength } = this;
    if (lastFrom < 0 || bytes[from + lastLength] !== 46) return false;
    for (let k = lastLength - 1; k >= 0; k--) if (bytes[from + k] !== bytes[lastFrom + k]) return false;
    return true;
  }

  /** Passes over the rest of a name; false where a slash outside of brackets shows that the path goes on. */
  private endsWithoutSlash(from: number): boolean {
    const { bytes } = this;
    const n = bytes.length;
    let i = from;
    for (; i < n; i++) {
      const c = bytes[i];
      if (c > 47 && c !== 91 && c !== 123) continue;
      if (c === 47) return false;
      if (c === 0 || opens(c)) break;
    }
    while (i < n && bytes[i] !== 0 && bytes[i] !== 91) i++;
    if (i < n && bytes[i] === 91) {
      this.generic = true;
      while (i < n && bytes[i] !== 0) i++;
    }
    this.end = i;
    return true;
  }

  private readNew(from: number): number {
    const { bytes } = this;
    const n = bytes.length;
    let slash = from - 1;
    let dot = -1;
    let i = from;
    let open = false;
    for (; i < n; i++) {
      const c = bytes[i];
      if (c === 0) break;
      if (c === 91) this.generic = true;
      if (open) continue;
      if (opens(c)) open = true;
      else if (c === 47) {
        slash = i;
        dot = -1;
      } else if (c === 46 && dot < 0) dot = i;
    }
    this.end = i;
    if (i === from) return 0;
    const first = bytes[from];
    // "type:", "go:", "go.", "struct {", "(*struct {": rare, and decided by text
    if (
      dot <= slash + 1 ||
      first === 40 ||
      (first === 116 && bytes[from + 4] === 58) ||
      (first === 103 && bytes[from + 1] === 111 && (bytes[from + 2] === 58 || (bytes[from + 2] === 46 && slash < from)))
    ) {
      return this.bySlowPath(from, i);
    }
    const path = text(bytes.subarray(from, dot));
    if (path.startsWith("type") || path.includes(" ")) return this.bySlowPath(from, i);
    this.lastFrom = from;
    this.lastLength = dot - from;
    this.lastId = this.packages.id(unescapePath(path));
    return this.lastId;
  }

  private bySlowPath(from: number, to: number): number {
    const name = text(this.bytes.subarray(from, Math.min(to, from + 65536)));
    let id = this.slow.get(name);
    if (id === undefined) {
      id = this.packages.id(packageOf(name));
      this.slow.set(name, id);
    }
    return id;
  }
}

/** Where the source path of a function's first instruction stands within the file names; −1 if the tables do not tell. */
function firstFile(t: Pclntab, view: DataView, i: number): number {
  return fileOffset(t, view, i, t.version === "1.2" ? -1 : firstPcValue(t, t.pcfile[i]));
}

/** Where the name of a file stands in the file table, of which function i's unit knows the number; −1 for none. */
function fileOffset(t: Pclntab, view: DataView, i: number, file: number): number {
  if (file < 0) return -1;
  const at = t.cutab + (t.cuOffset[i] + file) * 4;
  if (at + 4 > t.filetab) return -1;
  const off = u32(view, at, t.littleEndian);
  return off === NONE || t.filetab + off >= t.pctab ? -1 : off;
}

function fileName(t: Pclntab, offset: number): string {
  const from = t.filetab + offset;
  let to = from;
  while (to < t.pctab && t.bytes[to] !== 0) to++;
  return text(t.bytes.subarray(from, to));
}

/** The known package whose path is the longest suffix of a source file's directory (versions stripped), or 0. */
export function packageOfFile(path: string, packages: Names): number {
  const parts = path
    .replace(/\\/g, "/")
    .replace(/@[^/]*/g, "")
    .split("/");
  parts.pop();
  // GOPROXY paths escape capitals as !x
  const dir = parts.map((s) => s.replace(/!([a-z])/g, (_, c: string) => c.toUpperCase()));
  for (let k = 0; k < dir.length; k++) {
    const id = packages.find(dir.slice(k).join("/"));
    if (id) return id;
  }
  return 0;
}

/**
 * The import path of a source file's package where the file is in the module cache, or so named by -trimpath: "golang.org/x/net@v0.1.0/idna/a.go".
 * "" for others.
 */
export function importPathOfFile(path: string): string {
  if (path.length > MAX_PATH) return "";
  const found = /^(.*\/pkg\/mod\/)?([^@]+)@v[^/]+((?:\/[^/]+)*)\/[^/]+$/.exec(path.replace(/\\/g, "/"));
  if (!found || (found[1] === undefined && /^\/|:/.test(found[2]))) return "";
  return (found[2] + found[3]).replace(/!([a-z])/g, (_, c: string) => c.toUpperCase());
}

/** Answers the package in whose source the instruction at an RVA of function f was written; 0 if its file does not tell. */
export function packageBySource(t: Pclntab, packages: Names): (f: number, rva: number) => number {
  const view = new DataView(t.bytes.buffer, t.bytes.byteOffset, t.bytes.byteLength);
  const known = new Map<number, number>();
  return (f, rva) => {
    const offset = t.version === "1.2" ? -1 : fileOffset(t, view, f, pcValueAt(t, t.pcfile[f], rva - t.entry[f]));
    if (offset < 0) return 0;
    let id = known.get(offset);
    if (id === undefined) {
      const path = fileName(t, offset);
      const importPath = importPathOfFile(path);
      known.set(offset, (id = importPath === "" ? packageOfFile(path, packages) : packages.id(importPath)));
    }
    return id;
  };
}

/** Answers the package id of the name at an offset within the name table. */
export function packageByName(t: Pclntab, packages: Names): (nameOff: number) => number {
  const scan = new NameScanner(t.bytes, packages);
  const known = new Map<number, number>();
  return (nameOff) => {
    let id = known.get(nameOff);
    if (id === undefined) {
      const from = t.funcnametab + nameOff;
      id = nameOff >= 0 && from < t.bytes.length ? scan.read(from) : 0;
      known.set(nameOff, id);
    }
    return id;
  };
}

/** Owners of all functions of one table. Linear in the bytes of the names. Each loop is a function of its own, for V8: see `sortedOrder`. */
export function ownFunctions(t: Pclntab, packages: Names): Functions {
  const owner = takeU32(t.nfunc);
  const shared = takeU8(t.nfunc).fill(0);
  readNames(t, packages, owner, shared);
  const unit = t.version === "1.2" ? owner.slice() : readUnits(t, packages, owner, shared);
  return { owner, unit, shared, textOrder: Uint32Array.from(ownersOfText(owner, unit, shared)) };
}

/** Notes what names tell: owners, 0 where they tell none, and what is shared. */
function readNames(t: Pclntab, packages: Names, owner: Uint32Array, shared: Uint8Array): void {
  const scan = new NameScanner(t.bytes, packages);
  for (let i = 0; i < owner.length; i++) {
    const from = t.funcnametab + t.nameOff[i];
    owner[i] = from < t.bytes.length ? scan.read(from) : 0;
    if (scan.generic || isGeneratedName(t, from)) shared[i] = 1;
  }
}

/** Answers the packages of the functions' compilation units, and settles the owners that these have not. */
function readUnits(t: Pclntab, packages: Names, owner: Uint32Array, shared: Uint8Array): Uint32Array {
  const unit = takeU32(t.nfunc);
  const units = new Units(t, packages, unitsByVote(t, owner, shared));
  for (let i = 0; i < unit.length; i++) {
    unit[i] = units.packageOf(i, owner[i]);
    if (owner[i] === 0 || owner[i] !== unit[i]) units.settle(i, unit[i], owner, shared);
  }
  return unit;
}

function ownersOfText(owner: Uint32Array, unit: Uint32Array, shared: Uint8Array): Set<number> {
  const order = new Set<number>();
  let last = -1;
  for (let i = 0; i < owner.length; i++) {
    if (owner[i] === last || shared[i] === 1 || owner[i] !== unit[i]) continue;
    last = owner[i];
    order.add(last);
  }
  return order;
}

/** What a source file says of the functions in it. */
interface SourceFile {
  readonly isGenerated: boolean;
  readonly pkg: number;
}

const NO_FILE: SourceFile = { isGenerated: false, pkg: 0 };

/** What compilation units and source files tell of functions, where names tell nothing or something else. */
class Units {
  private readonly t: Pclntab;
  private readonly packages: Names;
  private readonly view: DataView;
  /** Packages by the place of a unit's files, as in `Pclntab.cuOffset`. */
  private readonly known: Map<number, number>;
  private readonly files = new Map<number, SourceFile>();
  private last = -1;
  private lastPackage = 0;

  constructor(t: Pclntab, packages: Names, known: Map<number, number>) {
    this.t = t;
    this.packages = packages;
    this.view = new DataView(t.bytes.buffer, t.bytes.byteOffset, t.bytes.byteLength);
    this.known = known;
  }

  /** The package of the unit that holds function i. */
  packageOf(i: number, owner: number): number {
    const cu = this.t.cuOffset[i];
    if (cu === this.last) return this.lastPackage;
    let pkg = this.known.get(cu);
    if (pkg === undefined) {
      // a unit that holds nothing but shared functions: its source files name it
      pkg = this.fileOf(i).pkg || owner;
      this.known.set(cu, pkg);
    }
    this.last = cu;
    return (this.lastPackage = pkg);
  }

  /** Decides on a function that is not its unit's by name. */
  settle(i: number, unit: number, owner: Uint32Array, shared: Uint8Array): void {
    // assembly without a package in its name is filed under whatever unit came before it: its source file tells
    if (owner[i] === 0) owner[i] = this.fileOf(i).pkg || unit;
    else if (shared[i] === 0) {
      // either a wrapper (the name is right) or a linkname into another package (the unit is right)
      const file = this.fileOf(i);
      if (file.isGenerated) shared[i] = 1;
      else if (file.pkg === unit) owner[i] = unit;
    }
  }

  private fileOf(i: number): SourceFile {
    const offset = firstFile(this.t, this.view, i);
    if (offset < 0) return NO_FILE;
    let file = this.files.get(offset);
    if (!file) {
      const path = fileName(this.t, offset);
      file = { isGenerated: path === "<autogenerated>", pkg: packageOfFile(path, this.packages) };
      this.files.set(offset, file);
    }
    return file;
  }
}

/** Packages of compilation units by vote of the functions that can only live in their own package. Neighbours mostly agree. */
function unitsByVote(t: Pclntab, owner: Uint32Array, shared: Uint8Array): Map<number, number> {
  const units = new Map<number, Map<number, number>>();
  for (let i = nextVoter(owner, shared, 0); i < owner.length;) {
    const cu = t.cuOffset[i];
    const end = endOfVote(t.cuOffset, owner, shared, i);
    let votes = units.get(cu);
    if (!votes) units.set(cu, (votes = new Map<number, number>()));
    votes.set(owner[i], (votes.get(owner[i]) ?? 0) + countVoters(owner, shared, i, end));
    i = nextVoter(owner, shared, end);
  }
  return new Map([...units].map(([cu, votes]) => [cu, winner(votes)]));
}

function nextVoter(owner: Uint32Array, shared: Uint8Array, i: number): number {
  while (i < owner.length && (shared[i] === 1 || owner[i] === 0)) i++;
  return i;
}

/** Where the functions of a unit end that all vote as the i-th one does. */
function endOfVote(cuOffset: Uint32Array, owner: Uint32Array, shared: Uint8Array, i: number): number {
  const cu = cuOffset[i];
  const pkg = owner[i];
  while (i < owner.length && cuOffset[i] === cu && (shared[i] === 1 || owner[i] === 0 || owner[i] === pkg)) i++;
  return i;
}

function countVoters(owner: Uint32Array, shared: Uint8Array, from: number, end: number): number {
  let count = 0;
  for (let i = from; i < end; i++) if (shared[i] === 0 && owner[i] !== 0) count++;
  return count;
}

/** Who has most votes, the first of equals. */
function winner(votes: ReadonlyMap<number, number>): number {
  let best = 0;
  let most = 0;
  for (const [pkg, count] of votes) {
    if (count <= most) continue;
    most = count;
    best = pkg;
  }
  return best;
}

/** "type:.eq.…", "type..hash.…": generated per type, kept once. */
function isGeneratedName(t: Pclntab, from: number): boolean {
  const b = t.bytes;
  return (
    b[from] === 116 &&
    b[from + 1] === 121 &&
    b[from + 2] === 112 &&
    b[from + 3] === 101 &&
    (b[from + 4] === 58 || b[from + 4] === 46)
  );
}
