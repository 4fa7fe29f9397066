// Decompression of debug sections by Node's zlib: the readers are pure and get it handed in. Loaded when the first one comes.

/**
 * Decompresses a stream that announces `rawSize` bytes. Throws if the stream is damaged, if it holds more than that, or if this
 * Node cannot read the method.
 */
export function inflate(stream: Uint8Array, rawSize: number, method: "zlib" | "zstd"): Uint8Array {
  const { inflateSync, zstdDecompressSync } = process.getBuiltinModule("node:zlib");
  // one chunk for all: half the memory of many that are joined in the end. A byte more, or a full chunk asks for the next
  const options = { maxOutputLength: Math.max(1, rawSize), chunkSize: Math.max(64, rawSize + 1) };
  return method === "zlib" ? inflateSync(stream, options) : zstdDecompressSync(stream, options);
}
