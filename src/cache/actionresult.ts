// The value of an action in a Bazel remote cache: an ActionResult with one output file, so that servers which check values accept it.
// Specification: bazelbuild/remote-apis, remote_execution.proto (ActionResult.output_files = 2, OutputFile.path = 1, .digest = 2,
// Digest.hash = 1, .size_bytes = 2).

export interface Digest {
  /** SHA-256, hex. */
  readonly hash: string;
  readonly size: number;
}

const LENGTH_DELIMITED = 2;

function varint(value: number): number[] {
  const out: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) | 128);
  return [...out, rest];
}

function field(number: number, content: readonly number[]): number[] {
  return [number * 8 + LENGTH_DELIMITED, ...varint(content.length), ...content];
}

const ascii = (text: string): number[] => Array.from(text, (c) => c.charCodeAt(0));

export function encodeActionResult({ hash, size }: Digest): Uint8Array {
  const digest = [...field(1, ascii(hash)), ...(size === 0 ? [] : [2 * 8, ...varint(size)])];
  return Uint8Array.from(field(2, [...field(1, ascii("output")), ...field(2, digest)]));
}

/** The digest of the first output file; undefined if the bytes are no such message. */
export function decodeActionResult(bytes: Uint8Array): Digest | undefined {
  const file = member(bytes, 2);
  const digest = file && member(file, 2);
  const hash = digest && member(digest, 1);
  if (!hash) return undefined;
  const text = Buffer.from(hash).toString("latin1");
  const size = number(digest, 2) ?? 0;
  return /^[0-9a-f]{64}$/.test(text) && Number.isSafeInteger(size) ? { hash: text, size } : undefined;
}

const member = (bytes: Uint8Array, wanted: number): Uint8Array | undefined => find(bytes, wanted)?.content;
const number = (bytes: Uint8Array, wanted: number): number | undefined => find(bytes, wanted)?.value;

function find(bytes: Uint8Array, wanted: number): { content?: Uint8Array; value: number } | undefined {
  let at = 0;
  const read = (): number => {
    let value = 0;
    for (let factor = 1; factor < 2 ** 63; factor *= 128) {
      if (at >= bytes.length) return Number.NaN;
      const b = bytes[at++];
      value += (b & 127) * factor;
      if (b < 128) return value;
    }
    return Number.NaN;
  };
  while (at < bytes.length) {
    const tag = read();
    const kind = tag % 8;
    let value = 0;
    let content: Uint8Array | undefined;
    if (kind === 0) value = read();
    else if (kind === LENGTH_DELIMITED) {
      const length = read();
      if (!(at + length <= bytes.length)) return undefined;
      content = bytes.subarray(at, at + length);
      at += length;
    } else if (kind === 1) at += 8;
    else if (kind === 5) at += 4;
    else return undefined;
    if (Number.isNaN(value)) return undefined;
    if (Math.floor(tag / 8) === wanted) return { value, ...(content ? { content } : {}) };
  }
  return undefined;
}
