// Compares a reader's symbols with what `go tool nm` prints.
import { execFileSync } from "node:child_process";
import { type Executable, NO_RVA } from "../../src/binary/executable.ts";

interface Row {
  readonly address: number;
  readonly size: number;
  readonly letter: string;
  readonly name: string;
}

/** Rows of `go tool nm -size`; our B is its D in ELF and PE, which tell zero-filled data by the section's type only. */
function goNm(path: string): Row[] {
  const out = execFileSync("go", ["tool", "nm", "-size", path], { encoding: "utf8", maxBuffer: 1 << 30 });
  return out
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [, address, size, letter, name] = /^\s*([0-9a-f]*)\s+(\d+) (\S) ?(.*)$/.exec(line) ?? [];
      return { address: parseInt(address || "0", 16), size: Number(size), letter: plain(letter), name };
    });
}

const plain = (letter: string): string => ({ B: "D", b: "d", C: "?" })[letter] ?? letter;

const text = (row: Row): string => `${row.letter} ${row.name} ${row.address} ${row.size}`;

/** Mach-O's extra underscore goes from all names in ours, in theirs from those with a dot only. */
const unscored = (exe: Executable, row: Row): Row =>
  exe.format === "macho" ? { ...row, name: row.name.replace(/^_+/, "") } : row;

/**
 * Both lists of symbols as sorted lines, for one toEqual. Addresses of symbols that have none (undefined, absolute, thread-local)
 * are left out; sizes are compared exactly if `sizes` says that the format stores them, else up to the end of the symbol's section.
 */
export function symbolLists(exe: Executable, path: string, sizes: boolean): { ours: string[]; theirs: string[] } {
  const table = exe.symbols();
  const ends = new Set(exe.sections.filter((s) => s.rva >= 0).map((s) => s.rva + s.size));
  const ours: Row[] = [];
  for (let i = 0; i < table.count; i++) {
    const known = table.rva[i] !== NO_RVA;
    ours.push(
      unscored(exe, {
        address: known ? table.rva[i] + exe.imageBase : 0,
        size: known ? table.size[i] : 0,
        letter: plain(String.fromCharCode(table.letter[i])),
        name: table.name(i),
      }),
    );
  }
  const key = (row: Row): string => `${row.letter} ${row.name} ${row.address}`;
  const byKey = new Map(ours.map((row) => [key(row), row]));
  const nowhere = new Set(ours.filter((row) => row.address === 0).map((row) => `${row.letter} ${row.name}`));
  const theirs = goNm(path).map((found) => {
    const row = unscored(exe, found);
    const own = byKey.get(key(row));
    if ((!own || own.address === 0) && nowhere.has(`${row.letter} ${row.name}`)) return { ...row, address: 0, size: 0 };
    const atEnd = own && !sizes && ends.has(own.address - exe.imageBase + own.size);
    return atEnd ? { ...row, size: own.size } : row;
  });
  return { ours: ours.map(text).sort(), theirs: theirs.map(text).sort() };
}
