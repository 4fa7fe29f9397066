// Sizes for symbol tables that store none (COFF, Mach-O).
import { NO_RVA } from "./executable.ts";

/**
 * Size of each symbol: the distance to the next higher symbol address, or to limit[i] (the end of its section) if that is nearer.
 * Symbols at one address all get the same size, as in `go tool nm`. O(n log n).
 */
export function sizesByDistance(rva: Uint32Array, limit: Uint32Array): Uint32Array {
  const addresses = rva.slice().sort();
  const size = new Uint32Array(rva.length);
  let next = 0;
  for (let i = 0; i < rva.length; i++) {
    const at = rva[i];
    if (at === NO_RVA) continue;
    // Tables are mostly in address order: try behind the last answer before searching.
    if (!(next > 0 && next < addresses.length && addresses[next - 1] <= at && addresses[next] > at)) {
      let lo = 0;
      let hi = addresses.length;
      while (lo < hi) {
        const mid = (lo + hi) >> 1;
        if (addresses[mid] <= at) lo = mid + 1;
        else hi = mid;
      }
      next = lo;
    }
    const end = next < addresses.length ? Math.min(addresses[next], limit[i]) : limit[i];
    size[i] = Math.max(0, end - at);
    next++;
  }
  return size;
}
