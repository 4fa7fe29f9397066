// What a compressed (debug) section announces about itself, checked against what its bytes can hold.
import { Bytes } from "./bytes.ts";
import { IMAGE_LIMIT, type Section } from "./executable.ts";

const GNU_HEADER = 12;
const GNU_MAGIC = 0x5a4c4942;

/**
 * The announced compression, or undefined with a warning if it is a lie: deflate cannot do better than 1032:1; zstd has no such
 * bound, so that only the size of an image bounds it.
 */
export function checkedCompression(
  announced: NonNullable<Section["compressed"]>,
  size: number,
  warnings: string[],
): Section["compressed"] {
  const { rawSize, headerSize, method } = announced;
  if (rawSize < IMAGE_LIMIT && (method === "zstd" || rawSize <= (size - headerSize) * 1032 + 1024)) return announced;
  warnings.push("a compressed section announces more than its bytes can hold");
  return undefined;
}

/** The old GNU way, in sections named .zdebug_*: "ZLIB", the decompressed length (big-endian), and a zlib stream. */
export function gnuCompression(
  data: Uint8Array,
  offset: number,
  size: number,
  warnings: string[],
): Section["compressed"] {
  const big = new Bytes(data, false);
  if (size < GNU_HEADER || big.u32(offset) !== GNU_MAGIC) return undefined;
  return checkedCompression({ rawSize: big.u64(offset + 4), headerSize: GNU_HEADER, method: "zlib" }, size, warnings);
}
