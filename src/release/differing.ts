// Where two files differ first, and whose those bytes are.
import { InputError } from "../binary/bytes.ts";
import { KINDS } from "../ledger/ledger.ts";
import { profile } from "../ledger/profile.ts";

export interface Difference {
  /** Bytes from..to differ; behind a run of equal bytes more may. */
  readonly from: number;
  readonly to: number;
  /** "code of net/http, (*Server).Serve"; "" if the file cannot be read as a program. */
  readonly owner: string;
}

/** Equal bytes that end a range. */
const GAP = 16;

/** The first range in which two files differ; undefined if they are the same. */
export function firstDifference(one: Uint8Array, other: Uint8Array): Difference | undefined {
  const common = Math.min(one.length, other.length);
  let from = 0;
  while (from < common && one[from] === other[from]) from++;
  if (from === common && one.length === other.length) return undefined;
  let last = from;
  for (let i = from; i < common && i - last <= GAP; i++) if (one[i] !== other[i]) last = i;
  const to = from === common ? Math.max(one.length, other.length) : last + 1;
  return { from, to, owner: ownerOf(from < one.length ? one : other, from) };
}

function ownerOf(bytes: Uint8Array, offset: number): string {
  try {
    const { ledger } = profile(bytes);
    let low = 0;
    let high = ledger.count - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (ledger.start[middle] <= offset) low = middle;
      else high = middle - 1;
    }
    const [pkg, symbol] = [ledger.packages.get(ledger.pkg[low]), ledger.symbols.get(ledger.symbol[low])];
    const names = [pkg, symbol].filter((name) => name !== "");
    return `${KINDS[ledger.kind[low]]}${names.length === 0 ? "" : ` of ${names.join(", ")}`}`;
  } catch (error) {
    // an archive
    if (error instanceof InputError) return "";
    throw error;
  }
}
