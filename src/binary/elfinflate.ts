// An ELF file with its debug sections decompressed: the same image, for a store that compresses the whole.
// Specification: the System V gABI (SHF_COMPRESSED, Elf64_Chdr).
import { InputError } from "./bytes.ts";
import { checkedCompression } from "./compression.ts";
import { readHeaders, type SectionHeader, SHF_ALLOC, SHF_COMPRESSED, SHT_NOBITS, SHT_NULL } from "./elfheaders.ts";
import { IMAGE_LIMIT } from "./executable.ts";

const METHODS: Readonly<Record<number, "zlib" | "zstd">> = { 1: "zlib", 2: "zstd" };

/** A section that moves, with its new content and alignment. */
interface Moved {
  readonly index: number;
  readonly header: SectionHeader;
  readonly content: Uint8Array;
  readonly align: number;
  readonly inflated: boolean;
}

/**
 * Decompresses sections that are compressed the ELF way. What is loaded keeps its place, byte for byte; what is not moves behind it.
 * Answers the bytes that it got where there is nothing to do, and for layouts in which loaded parts stand behind debug sections.
 * `inflate` gets a stream and the size that it announces, and throws if it is damaged; then this throws InputError.
 */
export function inflateDebugSections(
  bytes: Uint8Array,
  inflate: (stream: Uint8Array, rawSize: number, method: "zlib" | "zstd") => Uint8Array,
): Uint8Array {
  const headers = readHeaders(bytes, []);
  const { wide, sections, programs } = headers;
  const le = headers.bytes.littleEndian;
  const isCompressed = (s: SectionHeader): boolean =>
    (s.flags & (SHF_COMPRESSED | SHF_ALLOC)) === SHF_COMPRESSED && s.type !== SHT_NOBITS;
  const starts = sections.filter(isCompressed).map((s) => s.offset);
  if (starts.length === 0) return bytes;
  const from = Math.min(...starts);
  if (programs.some((p) => p.fileSize > 0 && p.offset + p.fileSize > from)) return bytes;
  const moving = sections
    .map((header, index) => ({ header, index }))
    .filter(({ header }) => header.type !== SHT_NULL && header.type !== SHT_NOBITS && header.size > 0)
    .filter(({ header }) => header.offset + header.size > from)
    .sort((a, b) => a.header.offset - b.header.offset || a.index - b.index);
  let end = from;
  for (const { header } of moving) {
    // sections that share bytes could grow without bound
    if (header.offset < end || (header.flags & SHF_ALLOC) !== 0) return bytes;
    end = header.offset + header.size;
  }
  const moved = moving.map(({ header, index }): Moved => {
    const stored = bytes.subarray(header.offset, header.offset + header.size);
    const headerSize = wide ? 24 : 12;
    const plain: Moved = { index, header, content: stored, align: Math.max(1, header.align), inflated: false };
    if (!isCompressed(header) || stored.length < headerSize) return plain;
    const method = METHODS[headers.bytes.u32(header.offset)];
    const rawSize = wide ? headers.bytes.u64(header.offset + 8) : headers.bytes.u32(header.offset + 4);
    if (method === undefined || !checkedCompression({ rawSize, headerSize, method }, stored.length, [])) return plain;
    const align = wide ? headers.bytes.u64(header.offset + 16) : headers.bytes.u32(header.offset + 8);
    try {
      const content = inflate(stored.subarray(headerSize), rawSize, method);
      if (content.length === rawSize) return { index, header, content, align: Math.max(1, align), inflated: true };
    } catch (error) {
      throw new InputError(`section ${header.name} cannot be decompressed`, String(error));
    }
    throw new InputError(`section ${header.name} holds less than it announces`, header.name);
  });

  const places: number[] = [];
  let at = from;
  for (const { content, align } of moved) {
    if (align > 1 << 20) return bytes;
    at = Math.ceil(at / align) * align;
    places.push(at);
    at += content.length;
  }
  const { start, length } = headers.sectionTable;
  const table = start < from ? start : Math.ceil(at / 8) * 8;
  if (start < from && start + length > from) return bytes;
  const size = table === start ? at : table + length;
  if (size >= IMAGE_LIMIT) return bytes;

  const out = new Uint8Array(size);
  out.set(bytes.subarray(0, from));
  out.set(bytes.subarray(start, start + length), table);
  const view = new DataView(out.buffer);
  const word = (offset: number, value: number): void => {
    if (wide) view.setBigUint64(offset, BigInt(value), le);
    else view.setUint32(offset, value, le);
  };
  word(wide ? 0x28 : 0x20, table);
  const entry = length / sections.length;
  for (const [i, { index, header, content, align, inflated }] of moved.entries()) {
    out.set(content, places[i]);
    const record = table + index * entry;
    word(record + (wide ? 24 : 16), places[i]);
    word(record + (wide ? 32 : 20), content.length);
    if (!inflated) continue;
    // flags stand in the low word, which comes last in a big-endian file
    view.setUint32(record + 8 + (wide && !le ? 4 : 0), (header.flags & ~SHF_COMPRESSED) >>> 0, le);
    word(record + (wide ? 48 : 32), align);
  }
  return out;
}
