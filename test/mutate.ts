// Damages executables in a repeatable way: a mutation is a short text (a recipe) that says what to do to which file.

/** One change: bytes overwritten at an offset, a range of the file copied over another, or the file cut. */
export type Edit =
  | { readonly op: "write"; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly op: "copy"; readonly from: number; readonly to: number; readonly length: number }
  | { readonly op: "cut"; readonly length: number };

/** What to do to the file called `base`. */
export interface Recipe {
  readonly base: string;
  readonly edits: readonly Edit[];
}

const hex = (bytes: Uint8Array): string => Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");

/** "elf-amd64: write 32 ffff; cut 4096" */
export function formatRecipe({ base, edits }: Recipe): string {
  const words = edits.map((e) => {
    if (e.op === "write") return `write ${e.offset} ${hex(e.bytes)}`;
    return e.op === "copy" ? `copy ${e.from} ${e.to} ${e.length}` : `cut ${e.length}`;
  });
  return `${base}: ${words.join("; ")}`;
}

/** The recipes of a text, one a line; blank lines and lines that begin with # are left out. */
export function parseRecipes(text: string): Recipe[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("#"));
  return lines.map((line) => {
    const [base, rest] = line.split(": ");
    const edits = rest.split("; ").map((word): Edit => {
      const [op, ...fields] = word.split(" ");
      if (op === "write") {
        return {
          op,
          offset: Number(fields[0]),
          bytes: Uint8Array.from(fields[1].match(/../g) ?? [], (b) => parseInt(b, 16)),
        };
      }
      const [a, b, c] = fields.map(Number);
      if (op === "copy") return { op, from: a, to: b, length: c };
      if (op === "cut") return { op, length: a };
      throw new Error(`unknown edit in a recipe: ${line}`);
    });
    return { base, edits };
  });
}

/** A damaged copy. Parts of edits that lie outside the file have no effect. */
export function applyEdits(bytes: Uint8Array, edits: readonly Edit[]): Uint8Array<ArrayBuffer> {
  let out = new Uint8Array(bytes);
  for (const e of edits) {
    if (e.op === "cut") out = out.subarray(0, e.length);
    else if (e.op === "copy") {
      if (e.to < out.length) out.copyWithin(e.to, e.from, Math.min(e.from + e.length, e.from + out.length - e.to));
    } else if (e.offset < out.length) out.set(e.bytes.subarray(0, out.length - e.offset), e.offset);
  }
  return out.slice();
}

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Where damage is likely to matter. */
export interface Anatomy {
  readonly size: number;
  /** Offsets at which something begins or ends. */
  readonly boundaries: readonly number[];
  /** Ranges that hold offsets, counts and addresses: headers and tables. */
  readonly hot: readonly { readonly start: number; readonly end: number }[];
}

/** Anatomy of a file from what its reader found (any object with these ranges). */
export function anatomyOf(exe: {
  readonly bytes: Uint8Array;
  readonly sections: readonly { readonly offset: number; readonly fileSize: number }[];
  readonly structure: readonly { readonly start: number; readonly end: number }[];
  readonly tables: readonly { readonly start: number; readonly end: number }[];
}): Anatomy {
  const size = exe.bytes.length;
  // A wasm module has a header in front of each of its thousands of data segments: a few stand for all.
  const count = exe.structure.length;
  const step = Math.ceil(count / 16);
  const hot = [...exe.structure.filter((_, i) => i < 24 || i >= count - 24 || i % step === 0), ...exe.tables];
  const boundaries = new Set<number>([0, size]);
  for (const r of hot) boundaries.add(r.start).add(r.end);
  for (const s of exe.sections) boundaries.add(s.offset).add(s.offset + s.fileSize);
  return { size, boundaries: [...boundaries].sort((a, b) => a - b), hot };
}

/** A mutation of a file with this anatomy: one to four edits, most of them to fields of headers and tables. */
export function mutation(anatomy: Anatomy, seed: number): Edit[] {
  const next = random(seed);
  const below = (n: number): number => Math.floor(next() * n);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)];
  const { size, boundaries, hot } = anatomy;
  const place = (): number => {
    // The first bytes of a range carry the most meaning.
    const r = pick(hot);
    return next() < 0.5 ? r.start + below(Math.min(256, r.end - r.start)) : r.start + below(r.end - r.start);
  };
  const number = (): number =>
    pick([
      0,
      1,
      2,
      0x7f,
      0xff,
      0xffff,
      0x7fff_ffff,
      0xffff_ffff,
      size,
      size - 1,
      size + 1,
      below(size),
      pick(boundaries),
    ]);
  const field = (): Edit => {
    const width = pick([1, 2, 4, 4, 8, 8]);
    const offset = next() < 0.8 ? Math.floor(place() / width) * width : place();
    const bytes = new Uint8Array(8);
    const view = new DataView(bytes.buffer);
    const value = BigInt(number()) << BigInt(pick([0, 0, 0, 32]));
    const littleEndian = next() < 0.7;
    view.setBigUint64(0, value, littleEndian);
    return { op: "write", offset, bytes: littleEndian ? bytes.slice(0, width) : bytes.slice(8 - width) };
  };
  const edit = (): Edit => {
    const kind = next();
    if (kind < 0.55) return field();
    if (kind < 0.7)
      return { op: "write", offset: place(), bytes: Uint8Array.from({ length: 1 + below(8) }, () => below(256)) };
    if (kind < 0.78)
      return { op: "write", offset: below(size), bytes: Uint8Array.from({ length: 1 + below(64) }, () => below(256)) };
    if (kind < 0.9) return { op: "copy", from: place(), to: place(), length: pick([2, 4, 8, 16, 24, 40, 64, 80, 512]) };
    return { op: "cut", length: next() < 0.7 ? Math.max(0, pick(boundaries) + below(5) - 2) : below(size) };
  };
  return Array.from({ length: 1 + below(4) }, edit);
}

/** The edits without those that are not needed to fail, and writes shortened to the bytes that are. */
export function minimise(edits: readonly Edit[], fails: (edits: readonly Edit[]) => boolean): Edit[] {
  let best = [...edits];
  for (let i = best.length - 1; i >= 0; i--) {
    const less = best.filter((_, j) => j !== i);
    if (less.length > 0 && fails(less)) best = less;
  }
  for (let i = 0; i < best.length; i++) {
    for (let e = best[i]; e.op === "write" && e.bytes.length > 1;) {
      const shorter: Edit[] = [
        { ...e, bytes: e.bytes.subarray(0, e.bytes.length - 1) },
        { ...e, offset: e.offset + 1, bytes: e.bytes.subarray(1) },
      ];
      const kept = shorter.find((s) => fails(best.with(i, s)));
      if (!kept) break;
      best[i] = e = kept;
    }
  }
  return best;
}
