// Go's own build ID: four hashes that the go command gives to the linker. GOROOT/src/cmd/internal/buildid/buildid.go (ReadFile),
// where it stands: cmd/link/internal/ld/elf.go (.note.go.buildid), data.go (first words of the text), wasm/asm.go.
import { Bytes, text } from "../bytes.ts";
import type { Executable } from "../executable.ts";

const MARK = Array.from('\xff Go build ID: "', (c) => c.charCodeAt(0));
/** Where formats without notes have it: in front of all code. */
const WINDOW = 64 << 10;
const MAX_ID = 256;
const NOTE_HEADER = 16;

/** The Go build ID as text, or "" if the file has none (built with -buildid=, or not by Go). */
export function readGoBuildId(exe: Executable): string {
  for (const section of exe.sections) {
    if (section.name !== ".note.go.buildid" && section.name !== "go:buildid") continue;
    const bytes = exe.bytes.subarray(section.offset, section.offset + section.fileSize);
    const id = section.name === "go:buildid" ? marked(bytes) : noted(bytes, exe.littleEndian);
    if (id !== "") return id;
  }
  for (const region of exe.regions) {
    if (!region.executable) continue;
    const id = marked(region.bytes.subarray(0, WINDOW));
    if (id !== "") return id;
  }
  return "";
}

/** An ELF note of owner "Go", type 4. */
function noted(bytes: Uint8Array, littleEndian: boolean): string {
  if (bytes.length < NOTE_HEADER) return "";
  const note = new Bytes(bytes, littleEndian);
  const size = note.u32(4);
  if (note.u32(0) !== 4 || note.u32(8) !== 4 || size > MAX_ID || NOTE_HEADER + size > bytes.length) return "";
  return printable(bytes.subarray(NOTE_HEADER, NOTE_HEADER + size));
}

/** `\xff Go build ID: "…"`, a Go string literal whose characters need no escape. */
function marked(bytes: Uint8Array): string {
  for (let at = bytes.indexOf(0xff); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    if (MARK.some((c, i) => bytes[at + i] !== c)) continue;
    const from = at + MARK.length;
    const end = bytes.indexOf(0x22, from);
    if (end > from && end - from <= MAX_ID) return printable(bytes.subarray(from, end));
  }
  return "";
}

function printable(bytes: Uint8Array): string {
  return bytes.every((b) => b > 0x20 && b < 0x7f) ? text(bytes) : "";
}
