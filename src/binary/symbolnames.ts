// Names of symbols, whatever container they stand in.
import { text } from "./bytes.ts";
import type { SymbolColumns, SymbolTable } from "./executable.ts";

/** A symbol table of the file `bytes`, which decodes names on demand. */
export function namedSymbols(bytes: Uint8Array, columns: SymbolColumns): SymbolTable {
  const { nameOffset, nameLength, underscored } = columns;
  const name = (i: number): string => {
    const start = nameOffset[i];
    const skipped = underscored && bytes[start] === 0x5f && nameLength[i] > 0 ? 1 : 0;
    return text(bytes.subarray(start + skipped, start + nameLength[i]));
  };
  return { ...columns, name };
}
