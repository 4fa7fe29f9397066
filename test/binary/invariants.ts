// What holds for every Executable, whatever the file: used by the tests of each reader and by the fuzz tests.
import { type Executable, NO_RVA } from "../../src/binary/executable.ts";

/** Violations of the model's promises; none for a correct reader. Reads everything that is read lazily. */
export function violations(exe: Executable): string[] {
  const out: string[] = [];
  const size = exe.bytes.length;
  const bad = (what: string): void => {
    if (out.length < 20) out.push(what);
  };

  // Nothing grows beyond a multiple of the file, whatever it announces.
  const held = exe.regions.reduce((sum, r) => sum + r.bytes.length, 0);
  if (held > 10 * size + (64 << 20)) bad("the regions hold far more bytes than the file");
  if (exe.sections.length * 5 > size || exe.regions.length > 4096)
    bad("more sections or regions than the file can hold");

  let end = 0;
  for (const [i, r] of exe.regions.entries()) {
    if (r.rva < end) bad(`region ${i} overlaps or is out of order`);
    end = r.rva + r.memSize;
    if (!(end < 2 ** 32)) bad(`region ${i} ends at or above 4 GiB`);
    if (r.bytes.length > r.memSize) bad(`region ${i} has more bytes than memory`);
    if (r.pieces) {
      let at = r.rva;
      const { rva, length, offset } = r.pieces;
      if (r.offset !== -1) bad(`region ${i} has pieces and an offset`);
      for (let p = 0; p < rva.length; p++) {
        if (rva[p] < at) bad(`piece ${p} overlaps or is out of order`);
        at = rva[p] + length[p];
        if (offset[p] + length[p] > size) bad(`piece ${p} lies outside the file`);
      }
      if (at > r.rva + r.bytes.length) bad("a piece lies outside its region");
    } else if (r.offset < 0 || r.offset + r.bytes.length > size) bad(`region ${i} lies outside the file`);
  }
  for (const [i, s] of exe.sections.entries()) {
    if (!(s.offset >= 0 && s.fileSize >= 0 && s.offset + s.fileSize <= size)) bad(`section ${i} lies outside the file`);
    if (s.rva !== -1 && s.size > 0 && !(s.rva >= 0 && s.rva + s.size <= end))
      bad(`section ${i} lies outside the image`);
    if (s.compressed && s.compressed.headerSize > s.fileSize)
      bad(`section ${i} is smaller than its compression header`);
  }
  for (const [name, ranges] of [["structure", exe.structure] as const, ["tables", exe.tables] as const]) {
    let at = 0;
    for (const r of ranges) {
      if (!(r.start >= at && r.start < r.end)) bad(`${name}: ${r.name} overlaps, is empty or out of order`);
      at = r.end;
    }
    if (at > size) bad(`${name} leaves the file`);
  }

  const symbols = exe.symbols();
  if (symbols.count * 2 > size || exe.relocations().count > size)
    bad("more symbols or relocations than the file can hold");
  for (const array of [
    symbols.rva,
    symbols.size,
    symbols.letter,
    symbols.nameOffset,
    symbols.nameLength,
    symbols.entryOffset,
  ]) {
    if (array.length !== symbols.count) bad("a column of the symbol table has another length");
  }
  for (let i = 0; i < symbols.count; i++) {
    if (symbols.rva[i] === NO_RVA ? symbols.size[i] !== 0 : symbols.rva[i] + symbols.size[i] > end) {
      bad(`symbol ${i} lies outside the image`);
    }
    if (symbols.nameOffset[i] + symbols.nameLength[i] > size) bad(`the name of symbol ${i} lies outside the file`);
    if (symbols.entryOffset[i] + symbols.entrySize > size) bad(`the entry of symbol ${i} lies outside the file`);
    if (!"TtRrDdBbUu?_".includes(String.fromCharCode(symbols.letter[i])))
      bad(`symbol ${i} has letter ${symbols.letter[i]}`);
  }
  if (symbols.count > 0) symbols.name(symbols.count - 1);

  const relocations = exe.relocations();
  for (const array of [relocations.slot, relocations.entryOffset, relocations.entrySize]) {
    if (array.length !== relocations.count) bad("a column of the relocations has another length");
  }
  for (let i = 0; i < relocations.count; i++) {
    if (relocations.slot[i] !== NO_RVA && relocations.slot[i] >= end) bad(`relocation ${i} patches outside the image`);
    if (relocations.entryOffset[i] + relocations.entrySize[i] > size) bad(`relocation ${i} lies outside the file`);
  }
  if (exe.wasm) {
    const { starts, ends } = exe.wasm;
    for (let i = 0; i < starts.length; i++) {
      if (starts[i] > ends[i] || ends[i] > end) bad(`function body ${i} lies outside the image`);
    }
  }
  return out;
}
