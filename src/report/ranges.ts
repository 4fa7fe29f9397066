// The whole ledger as tab-separated text, one range a line: start end kind module package symbol evidence.
import { EVIDENCE, KINDS, type Ledger } from "../ledger/ledger.ts";
import { tsvCell } from "./escape.ts";

const CHUNK = 1 << 20;

/**
 * Lines in file order as chunks of about 1 MB: decimal offsets, contiguous from 0 to the file's size; "-" where empty; overhead is
 * named in the symbol column. `moduleOf` maps an import path to a module path.
 */
export function* rangesTsv(ledger: Ledger, moduleOf: (pkg: string) => string): Generator<string> {
  const { count, start, kind, pkg, symbol, evidence, size, packages, symbols } = ledger;
  const owner: string[] = ["-\t-"];
  for (let p = 1; p < packages.count; p++) {
    const path = packages.get(p);
    owner.push(`${tsvCell(moduleOf(path))}\t${tsvCell(path)}`);
  }
  const classes = EVIDENCE.map((name) => `${name}\n`);
  let chunk = "";
  let last = -1;
  let name = "-";
  for (let i = 0; i < count; i++) {
    const end = i + 1 < count ? start[i + 1] : size;
    if (symbol[i] !== last) {
      last = symbol[i];
      name = tsvCell(symbols.get(last));
    }
    const shown = name === "-" && pkg[i] === 0 ? KINDS[kind[i]] : name;
    chunk += `${start[i]}\t${end}\t${KINDS[kind[i]]}\t${owner[pkg[i]]}\t${shown}\t${classes[evidence[i]]}`;
    if (chunk.length >= CHUNK) {
      yield chunk;
      chunk = "";
    }
  }
  if (chunk !== "") yield chunk;
}
