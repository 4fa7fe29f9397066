// embed.FS values: {files *[]file}, file = {name string, data string, hash [16]byte} (embed/embed.go). Their contents are named assets.
import { text } from "../../binary/bytes.ts";
import { type Executable, imageBytes } from "../../binary/executable.ts";
import type { Refs } from "../../binary/go/refs/refs.ts";
import { U32List } from "../../binary/go/types.ts";
import type { Names } from "../ledger.ts";
import type { Embed } from "../profile.ts";
import type { Functions } from "./functions.ts";
import type { ImageWords } from "./imagewords.ts";
import type { Span } from "./layout.ts";
import { objectAt, type Objects } from "./objects.ts";

export interface Asset {
  readonly name: string;
  readonly rva: number;
  readonly length: number;
  /** RVA of the list of files it is in. */
  readonly list: number;
  /** Entries of that list, directories too. */
  readonly files: number;
}

const MAX_FILES = 65_536;
const MAX_PATH = 4096;

/** Contents of embed.FS values that variables point at, found before strings are marked. */
export function findAssets(exe: Executable, words: ImageWords, strings: Span, targets: Uint32Array): Asset[] {
  const out: Asset[] = [];
  const headers = new U32List();
  for (let i = 0; i < targets.length; i++) if (embedFiles(words, targets[i], exe.ptrSize) > 0) headers.push(targets[i]);
  for (const header of new Set(headers.array())) {
    const assets = readEmbedList(exe, header, words, strings);
    if (assets) out.push(...assets);
  }
  return out;
}

/** How many entries the list has whose header {ptr, len, cap} seems to stand at an RVA; 0 if none can. */
function embedFiles(words: ImageWords, header: number, ptrSize: number): number {
  const length = words.word(header + ptrSize);
  return length > 0 && length <= MAX_FILES && words.word(header + 2 * ptrSize) === length ? length : 0;
}

/** The assets of the embed.FS whose list header stands at an RVA; undefined if none does: then some name or content is out of place. */
function readEmbedList(exe: Executable, header: number, words: ImageWords, strings: Span): Asset[] | undefined {
  const p = exe.ptrSize;
  const word = (rva: number): number => words.word(rva);
  const length = embedFiles(words, header, p);
  if (length === 0) return undefined;
  const list = word(header) - exe.imageBase;
  if (list <= 0) return undefined;
  const record = 4 * p + 16;
  const assets: Asset[] = [];
  for (let i = 0; i < length; i++) {
    const at = list + i * record;
    const name = word(at) - exe.imageBase;
    const nameLength = word(at + p);
    if (!(name >= strings.start && nameLength > 0 && nameLength <= MAX_PATH && name + nameLength <= strings.end))
      return undefined;
    const data = word(at + 2 * p);
    const size = word(at + 3 * p);
    if (size < 0) return undefined;
    const bytes = imageBytes(exe.regions, name, nameLength);
    if (!bytes) return undefined;
    const path = text(bytes);
    const hash = imageBytes(exe.regions, at + 4 * p, 16);
    if (!hash) return undefined;
    if (path.endsWith("/")) {
      if (size !== 0 || hash.some((b) => b !== 0)) return undefined;
      continue;
    }
    // a table of three strings has the same shape, but there these bytes are an address and a length, whose upper halves are small
    if (hash.subarray(12).every((b) => b === 0)) return undefined;
    if (size > 0) {
      const rva = data - exe.imageBase;
      if (rva <= 0 || !imageBytes(exe.regions, rva, size)) return undefined;
      assets.push({ name: path, rva, length: size, list, files: length });
    }
  }
  return assets;
}

/** Each asset with its owner, and with who refers to the list that it is in. `owner`: of each object, its package. */
export function embedRows(
  assets: readonly Asset[],
  objects: Objects,
  owner: Uint32Array,
  refs: Refs,
  functions: Functions,
  packages: Names,
): Embed[] {
  const users = new Map<number, Set<number>>();
  const lists = new Set(assets.map((a) => objectAt(objects, a.list)));
  const held = [...lists].filter((o) => o >= 0);
  const low = Math.min(...held.map((o) => objects.start[o]));
  const high = Math.max(...held.map((o) => objects.end[o]));
  for (let i = 0; i < refs.count; i++) {
    const target = refs.target[i];
    if (target < low || target >= high) continue;
    const o = objectAt(objects, target);
    if (!lists.has(o)) continue;
    let set = users.get(o);
    if (!set) users.set(o, (set = new Set()));
    set.add(functions.owner[refs.func[i]]);
  }
  return assets.map((a) => {
    const o = objectAt(objects, a.rva);
    const list = objectAt(objects, a.list);
    const usedBy = new Set(
      [...(users.get(list) ?? []), ...(list >= 0 ? [owner[list]] : [])].map((id) => packages.get(id)),
    );
    return {
      name: a.name,
      bytes: a.length,
      pkg: o >= 0 ? packages.get(owner[o]) : "",
      usedBy: [...usedBy].filter(Boolean).sort(),
    };
  });
}
