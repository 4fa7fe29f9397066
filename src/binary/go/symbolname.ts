// Go linker symbol names → the import path of the package that owns them (cmd/internal/objabi.PathToPrefix, cmd/link name mangling).
import { text } from "../bytes.ts";

/** Undoes objabi.PathToPrefix: "gopkg.in/yaml%2ev3" → "gopkg.in/yaml.v3". */
export function unescapePath(path: string): string {
  return path.includes("%")
    ? path.replace(/%([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
    : path;
}

/**
 * The package path in front of the first dot that follows the last slash, where neither stands inside brackets:
 * "net/http.(*Server).Serve" → "net/http", "slices.SortFunc[go.shape.int]" → "slices". "" if there is none.
 */
function leadingPackage(name: string): string {
  let slash = -1;
  let i = 0;
  for (; i < name.length; i++) {
    const c = name.charCodeAt(i);
    // [ ( { space " · end a path
    if (c === 91 || c === 40 || c === 123 || c === 32 || c === 34) break;
    if (c === 47) slash = i;
  }
  const dot = name.indexOf(".", slash + 1);
  if (dot <= 0 || dot > i) return "";
  return unescapePath(name.slice(0, dot));
}

/** Pseudo packages that only the compiler and linker know. */
const PSEUDO = new Set([
  "go",
  "map",
  "type",
  "go.shape",
  "go.builtin",
  "go.itab",
  "go.string",
  "go.info",
  "gclocals",
  "noalg",
  "unsafe",
]);

/**
 * The package of the first named type in a type's string ("map[string]*net/http.Request" → "net/http"); "" for types made of
 * predeclared ones only. Type strings in symbol names carry full import paths.
 */
export function packageOfType(type: string): string {
  const bytes = encoder.encode(type);
  return firstPackage(bytes, 0, bytes.length, (from, to) => unescapePath(text(bytes.subarray(from, to))));
}

const encoder = new TextEncoder();

/** How many bytes of a path are hashed. */
const HASHED = 8;

/** What the bytes of names tell, by these bytes: names that stand in one array share their paths. */
class Paths {
  private readonly bytes: Uint8Array;
  /** By hash, each where it stood first. */
  private readonly known = new Map<number, { readonly from: number; readonly to: number; readonly told: string }>();
  private last = { from: 0, to: 0, told: "" };

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** What [from, to) tells; `read` finds out when it is new. */
  at(from: number, to: number, read: (from: number, to: number) => string): string {
    if (this.isLike(this.last, from, to)) return this.last.told;
    const hash = this.hashOf(from, to);
    const found = this.known.get(hash);
    if (found && this.isLike(found, from, to)) return (this.last = found).told;
    this.last = { from, to, told: read(from, to) };
    this.known.set(hash, this.last);
    return this.last.told;
  }

  /** Of its end and its length, for paths differ there: those that are alike in both take turns. */
  private hashOf(from: number, to: number): number {
    const { bytes } = this;
    let hash = to - from;
    for (let i = Math.max(from, to - HASHED); i < to; i++) hash = (Math.imul(hash, 31) + bytes[i]) & 0x3fff_ffff;
    return hash;
  }

  private isLike(other: { readonly from: number; readonly to: number }, from: number, to: number): boolean {
    if (to - from !== other.to - other.from) return false;
    const { bytes } = this;
    // paths differ in their ends
    for (let i = to - 1, k = other.to - 1; i >= from; i--, k--) if (bytes[i] !== bytes[k]) return false;
    return true;
  }
}

/** `packageOfType` for names that stand in one array: each path becomes text once. */
export class TypeNames {
  private readonly bytes: Uint8Array;
  private readonly paths: Paths;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.paths = new Paths(bytes);
  }

  /** The package of the type whose name stands at [from, to), or ends before that with a NUL. */
  packageAt(from: number, to: number): string {
    return firstPackage(this.bytes, from, to, this.pathAt);
  }

  private readonly pathAt = (from: number, to: number): string => this.paths.at(from, to, this.read);
  private readonly read = (from: number, to: number): string => unescapePath(text(this.bytes.subarray(from, to)));
}

/** The first package of a type's string, as `path` tells it; a NUL ends the string as well. */
function firstPackage(
  bytes: Uint8Array,
  start: number,
  end: number,
  path: (from: number, to: number) => string,
): string {
  let i = start;
  while (i < end) {
    const c = bytes[i];
    if (c === 0) return "";
    if (c === 34) {
      i = behindTag(bytes, i, end);
      continue;
    }
    if (CLASS[c] === 0) {
      i++;
      continue;
    }
    // variadic parameters: "...T"
    const variadic = c === 46 && bytes[i + 1] === 46 && bytes[i + 2] === 46 && i + 2 < end;
    const from = variadic ? i + 3 : i;
    let j = from;
    // the first dot behind the last slash
    let dot = -1;
    for (; j < end; j++) {
      const d = CLASS[bytes[j]];
      if (d === OF_PATH) continue;
      if (d === SLASH) dot = -1;
      else if (d === DOT) dot = dot < 0 ? j : dot;
      else break;
    }
    if (dot > from) {
      const pkg = path(from, dot);
      if (!PSEUDO.has(pkg)) return pkg;
      // go.shape.X wraps an underlying type: skip the prefix and go on inside
      const rest = /^(?:go\.shape\.|noalg\.)/.exec(text(bytes.subarray(i, Math.min(j, i + 9))));
      i = rest ? i + rest[0].length : j;
      continue;
    }
    i = j;
  }
  return "";
}

/** Behind the struct tag that begins at a quotation mark. */
function behindTag(bytes: Uint8Array, from: number, end: number): number {
  let i = from + 1;
  while (i < end && bytes[i] !== 34 && bytes[i] !== 0) i += bytes[i] === 92 ? 2 : 1;
  return i + 1;
}

/** By byte: whether it can stand in an import path or a name, and whether it is a slash or a dot. */
const OF_PATH = 1;
const SLASH = 2;
const DOT = 3;
const CLASS = Uint8Array.from({ length: 256 }, (_, c) => {
  if (c === 47) return SLASH;
  if (c === 46) return DOT;
  return c >= 0x80 || /[\w\-%~+]/.test(String.fromCharCode(c)) ? OF_PATH : 0;
});

/**
 * The import path of the package that owns a symbol, by name: a generic instance belongs to the package that defines the generic
 * function, a closure to its enclosing function's, `type:` and `go:itab.` symbols to their type's. "" if the name tells none
 * (assembly like memeqbody, C functions, types made of predeclared ones).
 */
export function packageOf(name: string): string {
  if (name.startsWith("type:") || name.startsWith("type.")) {
    // ".eq.T" and ".hash.T" are functions, ".eqfunc.T" and ".hashfunc.T" their closures; ".eqfunc24" compares 24 bytes of anything
    const about = /^\.(?:eq|hash|eqfunc|hashfunc|gcmask|gcprog)\./.exec(name.slice(5, 20));
    if (about) return packageOfType(name.slice(5 + about[0].length));
    return name[5] === "." ? "" : packageOfType(name.slice(5).replace(/^(?:namedata|importpath)\.[^]*/, ""));
  }
  if (name.startsWith("go:") || name.startsWith("go.")) {
    if (name.startsWith("itab.", 3)) return packageOfType(name.slice(8));
    if (name.startsWith("interface {", 3) || name.startsWith("struct {", 3) || name.startsWith("(*", 3))
      return packageOfType(name.slice(3));
    if (!name.startsWith("go.")) return "";
    if (name.startsWith("shape.", 3)) return packageOfType(name.slice(9));
    // go.uber.org/zap and friends are ordinary import paths
    return name.includes("/") ? leadingPackage(name) : "";
  }
  const pkg = leadingPackage(name);
  // "$f64.3ff0000000000000": constants
  if (pkg !== "") return PSEUDO.has(pkg) || pkg.startsWith("$") ? "" : pkg;
  // promoted-method wrappers of unnamed structs: "struct { net/http.x }.M", "(*struct { … }).M"
  if (name.startsWith("struct {") || name.startsWith("(*struct {") || name.startsWith("interface {"))
    return packageOfType(name);
  return "";
}

const ABOUT_TYPES = ["go:itab.", "type:.eq.", "type:.hash."].map((prefix) => encoder.encode(prefix));

function startsWith(bytes: Uint8Array, from: number, prefix: Uint8Array): boolean {
  for (let i = 0; i < prefix.length; i++) if (bytes[from + i] !== prefix[i]) return false;
  return true;
}

/** True for names that may not begin with a path: "type:…", "type.…", "go:…", "go.shape.…", "go.itab.…". */
export function isMade(bytes: Uint8Array, from: number): boolean {
  const first = bytes[from];
  if (first === 116) return bytes[from + 1] === 121 && bytes[from + 2] === 112;
  if (first !== 103 || bytes[from + 1] !== 111) return false;
  const fourth = bytes[from + 3];
  return bytes[from + 2] === 58 || (bytes[from + 2] === 46 && (fourth === 115 || fourth === 105 || fourth === 40));
}

/** `packageOf` for names that stand in one array: of names that begin with the same path one becomes text. */
export class NameReader {
  private readonly bytes: Uint8Array;
  private readonly paths: Paths;
  private readonly types: TypeNames;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.paths = new Paths(bytes);
    this.types = new TypeNames(bytes);
  }

  /** The package of the symbol whose name stands at [from, to). */
  packageAt(from: number, to: number): string {
    if (isMade(this.bytes, from)) {
      const type = this.typeAt(from);
      return type < to ? this.types.packageAt(type, to) : packageOf(this.textAt(from, to));
    }
    const dot = this.pathEnd(from, to);
    return dot > from ? this.paths.at(from, dot, this.read) : packageOf(this.textAt(from, to));
  }

  /** Where the type begins that a name is about, in the forms of which there are thousands; Infinity for others. */
  private typeAt(from: number): number {
    for (const prefix of ABOUT_TYPES) if (startsWith(this.bytes, from, prefix)) return from + prefix.length;
    return Infinity;
  }

  /** The first dot behind the last slash, as `leadingPackage` has it; -1 if there is none. */
  private pathEnd(from: number, to: number): number {
    const { bytes } = this;
    let dot = -1;
    for (let i = from; i < to; i++) {
      const c = bytes[i];
      if (c === 47) dot = -1;
      else if (c === 46) dot = dot < 0 ? i : dot;
      else if (c === 91 || c === 40 || c === 123 || c === 32 || c === 34) break;
    }
    return dot;
  }

  private textAt(from: number, to: number): string {
    return text(this.bytes.subarray(from, to));
  }

  private readonly read = (from: number, to: number): string => packageOf(`${this.textAt(from, to)}.`);
}
