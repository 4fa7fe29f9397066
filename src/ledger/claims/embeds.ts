// embed.FS values: {files *[]file}, file = {name string, data string, hash [16]byte} (embed/embed.go). Their contents are named assets.
import type { Executable } from "../../binary/executable.ts";
import { text } from "../../binary/bytes.ts";
import { imageBytes } from "../../binary/executable.ts";

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

/** Reads pointer-sized words of the image; −1 outside of the file's bytes. */
interface Words {
  readonly word: (rva: number) => number;
}

/** How many entries the list has whose header {ptr, len, cap} seems to stand at an RVA; 0 if none can. */
export function embedFiles(words: Words, header: number, ptrSize: number): number {
  const length = words.word(header + ptrSize);
  return length > 0 && length <= MAX_FILES && words.word(header + 2 * ptrSize) === length ? length : 0;
}

/** The assets of the embed.FS whose list header stands at an RVA; undefined if none does: then some name or content is out of place. */
export function readEmbedList(
  exe: Executable,
  header: number,
  words: Words,
  strings: { readonly start: number; readonly end: number },
): Asset[] | undefined {
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
