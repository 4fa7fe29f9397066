// tar archives that depend on nothing but what goes in: ustar, with pax records where ustar cannot say it.
// Specification: POSIX.1-2008, pax: ustar interchange format and pax extended header.
import type { Entry } from "./entry.ts";

const BLOCK = 512;
/** Archives are padded to whole records of 20 blocks, as tar does. */
const RECORD = 20 * BLOCK;
/** What eleven octal digits hold. */
const MAX_SIZE = 0o77777777777;

/** The archive's bytes. Entries come in the order given; owner and group are 0, all are dated `seconds` since 1970. */
export function tar(entries: readonly Entry[], seconds: number): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (const { path, bytes, isExecutable } of entries) {
    const name = split(path);
    const records: [string, string][] = [];
    if (name === undefined) records.push(["path", path]);
    if (bytes.length > MAX_SIZE) records.push(["size", String(bytes.length)]);
    if (seconds < 0 || seconds > MAX_SIZE) records.push(["mtime", String(seconds)]);
    const mtime = Math.min(Math.max(seconds, 0), MAX_SIZE);
    if (records.length > 0) {
      const data = Buffer.from(records.map(paxRecord).join(""));
      pieces.push(header({ prefix: "", name: "PaxHeaders/entry" }, data.length, 0o644, mtime, "x"), ...padded(data));
    }
    const shown = name ?? { prefix: "", name: Buffer.from(path).subarray(0, 100).toString("latin1") };
    pieces.push(
      header(shown, Math.min(bytes.length, MAX_SIZE), isExecutable ? 0o755 : 0o644, mtime, "0"),
      ...padded(bytes),
    );
  }
  const size = pieces.reduce((sum, piece) => sum + piece.length, 0) + 2 * BLOCK;
  const out = new Uint8Array(Math.ceil(size / RECORD) * RECORD);
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}

interface Name {
  readonly prefix: string;
  readonly name: string;
}

/** A path in ustar's two fields; undefined if it does not fit, or is not ASCII. */
function split(path: string): Name | undefined {
  if (!/^[\x20-\x7e]+$/.test(path)) return undefined;
  if (path.length <= 100) return { prefix: "", name: path };
  const cut = path.indexOf("/", path.length - 101);
  return cut > 0 && cut <= 155 && cut < path.length - 1
    ? { prefix: path.slice(0, cut), name: path.slice(cut + 1) }
    : undefined;
}

/** "LENGTH KEY=VALUE\n", where the length counts its own digits. */
function paxRecord([key, value]: [string, string]): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + 1;
  while (rest + String(length).length !== length) length = rest + String(length).length;
  return `${length} ${key}=${value}\n`;
}

function header({ prefix, name }: Name, size: number, mode: number, mtime: number, type: string): Uint8Array {
  const block = new Uint8Array(BLOCK);
  const text = (at: number, value: string): void => {
    for (let i = 0; i < value.length; i++) block[at + i] = value.charCodeAt(i);
  };
  const octal = (at: number, digits: number, value: number): void => text(at, value.toString(8).padStart(digits, "0"));
  text(0, name);
  octal(100, 7, mode);
  octal(108, 7, 0);
  octal(116, 7, 0);
  octal(124, 11, size);
  octal(136, 11, mtime);
  text(148, "        ");
  text(156, type);
  text(257, "ustar\u000000");
  octal(329, 7, 0);
  octal(337, 7, 0);
  text(345, prefix);
  octal(
    148,
    6,
    block.reduce((sum, byte) => sum + byte, 0),
  );
  block[154] = 0;
  return block;
}

function padded(bytes: Uint8Array): Uint8Array[] {
  const rest = (BLOCK - (bytes.length % BLOCK)) % BLOCK;
  return rest === 0 ? [bytes] : [bytes, new Uint8Array(rest)];
}
