// Run-time type descriptors and what they reach: internal/abi/type.go, cmd/link/internal/ld/decodesym.go, runtime/type.go.
import { text, u16, u32, word } from "../bytes.ts";
import { type Executable, regionAt } from "../executable.ts";
import { takeU32 } from "../memory.ts";
import type { Moduledata } from "./moduledata.ts";

/** What points from one place of the image to another. `to` may be any RVA; owners flow along these edges. */
export interface TypeTable {
  readonly count: number;
  /** RVA and size of each type descriptor, in order of discovery. */
  readonly rva: Uint32Array;
  readonly size: Uint32Array;
  /** Index into `packages`, 0 if the type is not named and has no component that is. */
  readonly owner: Uint32Array;
  /** 1 if the type itself is named (so `owner` is certain), 0 if the owner is a component's. */
  readonly named: Uint8Array;
  /** Distinct import paths; [0] is "". */
  readonly packages: readonly string[];
  /** 1: every package that mentions the type has a copy, of which the linker kept the first (instances, unnamed types). */
  readonly shared: Uint8Array;
  /** Names (flag, length, text, tag …), each once: RVA and size; and one edge per use: the name's RVA and the type's index. */
  readonly nameAt: Uint32Array;
  readonly nameSize: Uint32Array;
  readonly nameUse: Uint32Array;
  readonly nameUser: Uint32Array;
  /** GC masks: one edge per use, with the mask's size in bytes (0: a GC program or on-demand mask, size unknown). */
  readonly maskUse: Uint32Array;
  readonly maskUser: Uint32Array;
  readonly maskSize: Uint32Array;
  /** Equality functions' closures: one edge per use. */
  readonly equalUse: Uint32Array;
  readonly equalUser: Uint32Array;
  /** Exported methods by type, and those of them that the linker kept: what it drops has no entries (runtime/type.go, textOff). */
  readonly exportedMethods: Uint32Array;
  readonly keptMethods: Uint32Array;
  /** Types used by types: component RVA, the index of the using type (ascending) and that of the used one. */
  readonly typeUse: Uint32Array;
  readonly typeUser: Uint32Array;
  readonly typeUsed: Uint32Array;
  indexOf(rva: number): number;
  /** The type's string, e.g. "*http.Request" (package name, not path). */
  string(i: number): string;
}

const KIND_ARRAY = 17;
const KIND_CHAN = 18;
const KIND_FUNC = 19;
const KIND_INTERFACE = 20;
const KIND_MAP = 21;
const KIND_POINTER = 22;
const KIND_SLICE = 23;
const KIND_STRUCT = 25;
const KIND_LAST = 26;
const FLAG_UNCOMMON = 1;
const FLAG_EXTRA_STAR = 2;
const FLAG_NAMED = 4;
const FLAG_MASK_ON_DEMAND = 16;
const NAME_EXPORTED = 1;

/** How many components' addresses a type of a kind begins with, in declaration order. */
const COMPONENTS = new Uint8Array(32);
COMPONENTS[KIND_ARRAY] = 2;
COMPONENTS[KIND_MAP] = 3;
for (const kind of [KIND_CHAN, KIND_POINTER, KIND_SLICE]) COMPONENTS[kind] = 1;

/** Bytes of the part that only types of a kind have, by kind. */
function ownSizes(p: number, goMinor: number): Uint8Array {
  const sizes = new Uint8Array(32);
  sizes[KIND_ARRAY] = 3 * p;
  sizes[KIND_CHAN] = 2 * p;
  sizes[KIND_FUNC] = Math.max(4, p);
  sizes[KIND_MAP] = goMinor >= 24 ? 7 * p + Math.max(4, p) : 4 * p + 8;
  for (const kind of [KIND_POINTER, KIND_SLICE]) sizes[kind] = p;
  for (const kind of [KIND_INTERFACE, KIND_STRUCT]) sizes[kind] = 4 * p;
  return sizes;
}

/** Upper bound of component chains: deeper nesting is not written by people, and cycles must end. */
const MAX_MEMBERS = 65_536;

/** Two to this power are not more bytes than the least descriptor has: 4 words and 16 bytes. */
const SLOT_BITS = 5;
/** How far owners of unnamed types are looked for. */
const MAX_DEPTH = 64;

/** A growable list of unsigned 32-bit numbers. */
export class U32List {
  count = 0;
  private data: Uint32Array;
  private view: Uint32Array;
  /** `expected` numbers need no growth; room that is not used takes no memory. */
  constructor(expected = 1024) {
    this.data = takeU32(Math.max(16, expected));
    this.view = this.data.subarray(0, 0);
  }
  push(v: number): void {
    if (this.count === this.data.length) this.grow();
    this.data[this.count++] = v;
  }
  private grow(): void {
    const more = takeU32(this.data.length * 2);
    more.set(this.data);
    this.data = more;
  }
  at(i: number): number {
    return this.data[i];
  }
  /** Takes all numbers out; arrays that were handed out must not be used afterwards. */
  clear(): void {
    this.count = 0;
    this.view = this.data.subarray(0, 0);
  }
  set(i: number, v: number): void {
    this.data[i] = v;
  }
  /** The numbers so far, without a copy; pushing may move them. */
  array(): Uint32Array {
    if (this.view.length !== this.count) this.view = this.data.subarray(0, this.count);
    return this.view;
  }
}

/**
 * Walks types breadth-first from the roots (typelinks, itabs) along elements, keys, fields, parameters and methods; `more` adds
 * roots found elsewhere (code and data references) and is asked until it has none left.
 * goMinor: 16 … 26; it decides the name encoding (two-byte lengths up to 1.16) and the map type's size.
 */
export class TypeWalker {
  /** For each SLOT bytes from `types` on: the number of the first type that was found there, plus one. */
  private readonly index: Uint32Array<ArrayBuffer>;
  /** Types in slots that are taken, by RVA: types do not overlap, but what only looks like one may. */
  private readonly crowded = new Map<number, number>();
  private readonly rva = new U32List();
  private readonly size = new U32List();
  private readonly owner = new U32List();
  private readonly flags = new U32List();
  /** By type: the number of its first use of a type, and the number, plus one, of the pointer to it. */
  private readonly firstUse = new U32List();
  private readonly pointer = new U32List();
  private readonly exportedMethods = new U32List();
  private readonly keptMethods = new U32List();
  private readonly packages: string[] = [""];
  private readonly packageIds = new Map<string, number>([["", 0]]);
  /** For each byte from `types` on a bit: whether a name that is used stands there. */
  private readonly isName: Uint8Array<ArrayBuffer>;
  private readonly nameAt: U32List;
  private readonly nameSize: U32List;
  private readonly nameUse: U32List;
  private readonly nameUser: U32List;
  private readonly maskUse = new U32List();
  private readonly maskUser = new U32List();
  private readonly maskSize = new U32List();
  private readonly equalUse = new U32List();
  private readonly equalUser = new U32List();
  private readonly typeUse: U32List;
  private readonly typeUser: U32List;
  private readonly typeUsed: U32List;
  private readonly pkgPathAt = new Map<number, number>();
  /** Types below this number have been read. */
  private done = 0;
  private last: number;
  /** 1: the owner of a type is known, or is being looked for. */
  private resolved = new Uint8Array(0);
  private readonly p: 4 | 8;
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly regionRva: number;
  private readonly le: boolean;
  private readonly base: number;
  private readonly types: number;
  private readonly longNames: boolean;
  /** Bytes between what all types have and the uncommon part, by kind. */
  private readonly ownSize: Uint8Array;
  /** End of the mapped bytes that may hold types. */
  readonly limit: number;

  constructor(exe: Executable, module: Moduledata, goMinor: number) {
    const region = regionAt(exe.regions, module.types)!;
    this.bytes = region.bytes;
    this.view = new DataView(region.bytes.buffer, region.bytes.byteOffset, region.bytes.byteLength);
    this.regionRva = region.rva;
    this.limit = Math.min(module.etypes, region.rva + region.bytes.length);
    this.types = module.types;
    const span = Math.max(0, this.limit - this.types);
    // written at once: a page that is read before it is written is fetched twice
    this.index = new Uint32Array((span >>> SLOT_BITS) + 1).fill(0);
    this.isName = new Uint8Array((span >> 3) + 1).fill(0);
    const [names, uses] = [span >> 5, span >> 3];
    this.nameAt = new U32List(names);
    this.nameSize = new U32List(names);
    this.nameUse = new U32List(uses);
    this.nameUser = new U32List(uses);
    this.typeUse = new U32List(uses);
    this.typeUser = new U32List(uses);
    this.typeUsed = new U32List(uses);
    this.last = module.types;
    this.le = exe.littleEndian;
    this.base = exe.imageBase;
    this.p = exe.ptrSize;
    this.longNames = goMinor >= 17;
    this.ownSize = ownSizes(this.p, goMinor);
  }

  private word(o: number): number {
    return word(this.view, o, this.p, this.le);
  }

  private u16(o: number): number {
    return u16(this.view, o, this.le);
  }

  /** Whether a plausible descriptor stands at an RVA: used to accept roots that are only references. */
  plausible(rva: number): boolean {
    const p = this.p;
    const o = rva - this.regionRva;
    if (rva < this.types || rva + 4 * p + 16 > this.limit) return false;
    if ((rva & (p - 1)) !== 0) return false;
    const kind = this.bytes[o + 2 * p + 7] & 31;
    if (kind < 1 || kind > KIND_LAST) return false;
    const size = this.word(o);
    const ptrBytes = this.word(o + p);
    if (ptrBytes > size) return false;
    const align = this.bytes[o + 2 * p + 5];
    const fieldAlign = this.bytes[o + 2 * p + 6];
    if (align > 64 || fieldAlign > 64 || (align & (align - 1)) !== 0) return false;
    const tflag = this.bytes[o + 2 * p + 4];
    if (tflag > 63) return false;
    const str = this.types + this.view.getInt32(o + 4 * p + 8, this.le);
    return this.measureName(str) > 0;
  }

  /** Size of the name at an RVA (internal/abi.Name), 0 if none stands there. */
  private measureName(rva: number): number {
    if (rva < this.types || rva + 2 > this.limit) return 0;
    let o = rva - this.regionRva;
    const end = this.limit - this.regionRva;
    const flags = this.bytes[o];
    if (flags > 15) return 0;
    o++;
    for (let part = 0; part < (flags & 2 ? 2 : 1); part++) {
      let n = 0;
      if (this.longNames) {
        let shift = 0;
        for (;;) {
          if (o >= end || shift > 28) return 0;
          const b = this.bytes[o++];
          n |= (b & 127) << shift;
          if (b < 128) break;
          shift += 7;
        }
      } else {
        if (o + 2 > end) return 0;
        n = (this.bytes[o] << 8) | this.bytes[o + 1];
        o += 2;
      }
      if (n < 0 || o + n > end) return 0;
      o += n;
    }
    if (flags & 4) o += 4;
    return o <= end ? o - (rva - this.regionRva) : 0;
  }

  private nameText(rva: number): string {
    let o = rva - this.regionRva + 1;
    let n = 0;
    if (this.longNames) {
      for (let shift = 0; shift < 32; shift += 7) {
        const b = this.bytes[o++];
        n |= (b & 127) << shift;
        if (b < 128) break;
      }
    } else {
      n = (this.bytes[o] << 8) | this.bytes[o + 1];
      o += 2;
    }
    return text(this.bytes.subarray(o, o + n));
  }

  private useName(rva: number, user: number): boolean {
    const at = rva - this.types;
    const bit = 1 << (at & 7);
    // most names have many users: a set bit says that one stands there
    if (at < 0 || (this.isName[at >> 3] & bit) === 0) {
      const size = this.measureName(rva);
      if (size === 0) return false;
      this.isName[at >> 3] |= bit;
      this.nameAt.push(rva);
      this.nameSize.push(size);
      if (rva + size > this.last) this.last = rva + size;
    }
    this.nameUse.push(rva);
    this.nameUser.push(user);
    return true;
  }

  private pkgPath(nameRva: number): number {
    let id = this.pkgPathAt.get(nameRva);
    if (id === undefined) {
      const path = this.measureName(nameRva) > 0 ? this.nameText(nameRva) : "";
      id = this.packageIds.get(path);
      if (id === undefined) {
        id = this.packages.length;
        this.packages.push(path);
        this.packageIds.set(path, id);
      }
      this.pkgPathAt.set(nameRva, id);
    }
    return id;
  }

  /** Adds a type (and, through the queue, all it reaches). Answers its index, −1 if no descriptor stands there. */
  add(rva: number): number {
    const known = this.indexOf(rva);
    if (known >= 0) return known;
    if (!this.plausible(rva)) return -1;
    const i = this.rva.count;
    const slot = (rva - this.types) >>> SLOT_BITS;
    if (this.index[slot] === 0) this.index[slot] = i + 1;
    else this.crowded.set(rva, i);
    this.rva.push(rva);
    return i;
  }

  /** The number of the type at an RVA, −1 if none was added. */
  private indexOf(rva: number): number {
    if (!(rva >= this.types && rva < this.limit)) return -1;
    const i = this.index[(rva - this.types) >>> SLOT_BITS] - 1;
    if (i < 0 || this.rva.at(i) === rva) return i;
    return this.crowded.get(rva) ?? -1;
  }

  /** Reads every type that was added, and those that come up meanwhile. */
  walk(): void {
    while (this.done < this.rva.count) this.read(this.done++);
  }

  private component(user: number, rva: number): void {
    if (rva <= 0) return;
    const i = this.add(rva);
    if (i >= 0) this.use(user, rva, i);
  }

  private use(user: number, rva: number, i: number): void {
    this.typeUse.push(rva);
    this.typeUser.push(user);
    this.typeUsed.push(i);
  }

  /** The pointer at an offset of the region, as an RVA; 0 where no type can stand. */
  private addr(at: number): number {
    return at + this.p <= this.limit - this.regionRva ? this.word(at) - this.base : 0;
  }

  /** What the offset at an offset of the region leads to, as an RVA; 0 if it leads nowhere. */
  private offsetTo(at: number): number {
    const v = this.view.getInt32(at, this.le);
    return v === 0 || v === -1 ? 0 : this.types + v;
  }

  /** How many of `count` members of `stride` bytes at an RVA can be read. */
  private members(rva: number, count: number, stride: number): number {
    if (rva < this.regionRva || count > MAX_MEMBERS) return 0;
    const room = this.limit > rva ? Math.floor((this.limit - rva) / stride) : 0;
    return count < room ? count : room;
  }

  /** Reads a type. What not all of them have are calls of their own: V8 compiles a function anew when a part of it runs that never has. */
  private read(i: number): void {
    const p = this.p;
    const rva = this.rva.at(i);
    const o = rva - this.regionRva;
    const end = this.limit - this.regionRva;
    const tflag = this.bytes[o + 2 * p + 4];
    const kind = this.bytes[o + 2 * p + 7] & 31;
    const common = 4 * p + 16;

    this.firstUse.push(this.typeUse.count);
    this.exportedMethods.push(0);
    this.keptMethods.push(0);
    this.useName(this.types + this.view.getInt32(o + 4 * p + 8, this.le), i);
    const equal = this.addr(o + 2 * p + 8);
    if (equal > 0) {
      this.equalUse.push(equal);
      this.equalUser.push(i);
    }
    const mask = this.addr(o + 3 * p + 8);
    if (mask > 0) {
      const ptrWords = this.word(o + p) / p;
      this.maskUse.push(mask);
      this.maskUser.push(i);
      this.maskSize.push(tflag & FLAG_MASK_ON_DEMAND || ptrWords > 1 << 24 ? 0 : Math.ceil(ptrWords / 8));
    }
    const pointerTo = this.offsetTo(o + 4 * p + 12);

    // component edges in declaration order: the first one with an owner names an unnamed type
    const s = o + common;
    let size = common + this.ownSize[kind];
    // what stands behind the uncommon part
    let parameters = 0;
    let membersEnd = 0;
    let memberPkg = 0;
    let owner = 0;
    let flags = kind === KIND_POINTER ? IS_POINTER : 0;
    for (let k = 0; k < COMPONENTS[kind]; k++) this.component(i, this.addr(s + k * p));
    if (kind === KIND_STRUCT) {
      memberPkg = this.readPath(i, this.addr(s));
      membersEnd = this.readStruct(i, s, rva);
    } else if (kind === KIND_FUNC) {
      parameters = this.readParameters(i, s, (tflag & FLAG_UNCOMMON) !== 0);
    } else if (kind === KIND_INTERFACE) {
      memberPkg = this.readPath(i, this.addr(s));
      membersEnd = this.readInterface(i, s, rva);
    }
    if (tflag & FLAG_UNCOMMON && o + size + 16 <= end) {
      const u = o + size;
      size += 16;
      const pkg = this.readPath(i, this.offsetTo(u));
      if (!(tflag & FLAG_NAMED)) memberPkg ||= pkg;
      else if (!NO_PACKAGE.has(this.packages[pkg])) {
        owner = pkg;
        flags |= this.isInstance(o) ? IS_NAMED | IS_INSTANCE : IS_NAMED;
      }
      const mcount = this.u16(u + 4);
      const methods = u + u32(this.view, u + 8, this.le);
      size = Math.max(size + parameters, membersEnd);
      if (mcount > 0 && methods + mcount * 16 <= end) {
        this.readMethods(i, methods, mcount);
        size = Math.max(size, methods - o + mcount * 16);
      }
    } else {
      size = Math.max(size + parameters, membersEnd);
    }
    if (size > end - o) size = end - o;
    if (rva + size > this.last) this.last = rva + size;
    if (memberPkg > 0 && !(tflag & FLAG_NAMED) && !NO_PACKAGE.has(this.packages[memberPkg])) owner = memberPkg;
    this.size.push(size);
    this.owner.push(owner);
    this.flags.push(flags);
    // not a component: it names no owner, but it is a use of that type
    const pointer = pointerTo > 0 ? this.add(pointerTo) : -1;
    this.pointer.push(pointer + 1);
    if (pointer >= 0) this.use(i, pointerTo, pointer);
  }

  /** The package whose path is a name; 0 if no name stands there. */
  private readPath(user: number, name: number): number {
    return name > 0 && this.useName(name, user) ? this.pkgPath(name) : 0;
  }

  /** Reads what a function takes and gives; answers how many bytes that fills behind the uncommon part. `s`: where its own part stands. */
  private readParameters(i: number, s: number, isUncommon: boolean): number {
    const p = this.p;
    const count = s + 4 <= this.limit - this.regionRva ? this.u16(s) + (this.u16(s + 2) & 0x7fff) : 0;
    const from = s + Math.max(4, p) + (isUncommon ? 16 : 0);
    const n = this.members(from + this.regionRva, count, p);
    for (let k = 0; k < n; k++) this.component(i, this.addr(from + k * p));
    return count * p;
  }

  /** Reads the methods of an interface at `rva`; answers where they end, from there, or 0 if they stand elsewhere. */
  private readInterface(i: number, s: number, rva: number): number {
    const p = this.p;
    const methods = this.addr(s + p);
    const n = s + 3 * p <= this.limit - this.regionRva ? this.word(s + 2 * p) : 0;
    const from = methods - this.regionRva;
    const readable = this.members(methods, n, 8);
    for (let k = 0; k < readable; k++) {
      this.useName(this.offsetTo(from + k * 8), i);
      this.component(i, this.offsetTo(from + k * 8 + 4));
    }
    return n <= MAX_MEMBERS && methods >= rva && methods < rva + 4096 ? methods - rva + n * 8 : 0;
  }

  /** The same of the fields of a struct. */
  private readStruct(i: number, s: number, rva: number): number {
    const p = this.p;
    const fields = this.addr(s + p);
    const n = s + 3 * p <= this.limit - this.regionRva ? this.word(s + 2 * p) : 0;
    const from = fields - this.regionRva;
    const readable = this.members(fields, n, 3 * p);
    for (let k = 0; k < readable; k++) {
      const name = this.addr(from + k * 3 * p);
      if (name > 0) this.useName(name, i);
      this.component(i, this.addr(from + k * 3 * p + p));
    }
    return n <= MAX_MEMBERS && fields >= rva && fields < rva + 4096 ? fields - rva + n * 3 * p : 0;
  }

  /** Reads the methods of a type that has a name. */
  private readMethods(i: number, from: number, count: number): void {
    let exported = 0;
    let kept = 0;
    for (let at = from; at < from + count * 16; at += 16) {
      const name = this.offsetTo(at);
      const mtyp = this.offsetTo(at + 4);
      if (this.useName(name, i) && (this.bytes[name - this.regionRva] & NAME_EXPORTED) !== 0) {
        exported++;
        // its type, its entry for interfaces and its entry for direct calls stay together
        if (mtyp !== 0 && this.offsetTo(at + 8) !== 0 && this.offsetTo(at + 12) !== 0) kept++;
      }
      if (mtyp > 0) this.component(i, mtyp);
    }
    this.exportedMethods.set(i, exported);
    this.keptMethods.set(i, kept);
  }

  /** Where the types and names read so far end, as an RVA. */
  end(): number {
    return this.last;
  }

  /** Ends the walk: resolves the owners of unnamed types through their first component that has one. */
  finish(): TypeTable {
    const count = this.rva.count;
    const rva = this.rva.array();
    const owner = this.owner.array();
    const flags = this.flags.array();
    const named = new Uint8Array(count);
    this.resolved = new Uint8Array(count);
    for (let i = 0; i < count; i++) {
      named[i] = flags[i] & IS_NAMED;
      this.resolved[i] = owner[i] > 0 ? 1 : named[i];
    }
    this.firstUse.push(this.typeUse.count);
    for (let i = 0; i < count; i++) this.resolve(i, 0);
    const shared = this.sharedTypes();
    return {
      count,
      rva,
      size: this.size.array(),
      owner,
      named,
      exportedMethods: this.exportedMethods.array(),
      keptMethods: this.keptMethods.array(),
      shared,
      packages: this.packages,
      nameAt: this.nameAt.array(),
      nameSize: this.nameSize.array(),
      nameUse: this.nameUse.array(),
      nameUser: this.nameUser.array(),
      maskUse: this.maskUse.array(),
      maskUser: this.maskUser.array(),
      maskSize: this.maskSize.array(),
      equalUse: this.equalUse.array(),
      equalUser: this.equalUser.array(),
      typeUse: this.typeUse.array(),
      typeUser: this.typeUser.array(),
      typeUsed: this.typeUsed.array(),
      indexOf: (at) => this.indexOf(at),
      string: (i) => {
        const p = this.p;
        const o = rva[i] - this.regionRva;
        const name = this.nameText(this.types + this.view.getInt32(o + 4 * p + 8, this.le));
        return this.bytes[o + 2 * p + 4] & FLAG_EXTRA_STAR ? name.slice(1) : name;
      },
    };
  }

  /** The owner of a type: of an unnamed one, that of the first component that has one. */
  private resolve(i: number, depth: number): number {
    if (this.resolved[i] === 1 || depth > MAX_DEPTH) return this.owner.at(i);
    this.resolved[i] = 1;
    const pointer = this.pointer.at(i) - 1;
    const end = this.firstUse.at(i + 1);
    for (let e = this.firstUse.at(i); e < end; e++) {
      const used = this.typeUsed.at(e);
      if (used === pointer) continue;
      const owner = this.resolve(used, depth + 1);
      if (owner === 0) continue;
      this.owner.set(i, owner);
      return owner;
    }
    return 0;
  }

  /** 0 for named types that are no instances, and pointers to such. */
  private sharedTypes(): Uint8Array {
    const [owner, flags, first, used] = [this.owner, this.flags, this.firstUse, this.typeUsed].map((l) => l.array());
    const out = new Uint8Array(flags.length);
    for (let i = 0; i < out.length; i++) {
      const isPointer = (flags[i] & IS_POINTER) !== 0 && first[i] < first[i + 1];
      const t = isPointer ? used[first[i]] : i;
      out[i] = (flags[t] & (IS_NAMED | IS_INSTANCE)) === IS_NAMED && owner[t] > 0 ? 0 : 1;
    }
    return out;
  }

  /** Whether the type at an offset of the region, which is named, is an instance of a generic one: its name ends in type arguments. */
  private isInstance(o: number): boolean {
    const name = this.types + this.view.getInt32(o + 4 * this.p + 8, this.le);
    const size = this.measureName(name);
    const at = name - this.regionRva;
    return size > 0 && this.bytes[at + size - 1 - (this.bytes[at] & 4 ? 4 : 0)] === 93;
  }
}

/** What a type is, as bits. */
const IS_NAMED = 1;
const IS_POINTER = 2;
const IS_INSTANCE = 4;

/** Paths in uncommon types that are no packages: compiler-made shapes and types without hash functions. */
const NO_PACKAGE = new Set(["", "go.shape", "noalg", "go", "unsafe", "go.builtin", "builtin"]);
