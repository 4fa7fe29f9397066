// wasm: addresses are i32.const / i64.const immediates (signed LEB128). https://webassembly.github.io/spec/core/binary/instructions.html
import type { RefList, ScanInput } from "./refs.ts";

export function scanWasm(input: ScanInput, out: RefList): void {
  const { code, codeRva, entry, end, low, high } = input;
  for (let f = 0; f < entry.length; f++) {
    if (input.wanted && !input.wanted(f)) continue;
    const to = Math.min(end[f] - codeRva, code.length);
    for (let i = entry[f] - codeRva; i < to; i++) {
      const op = code[i];
      if (op !== 0x41 && op !== 0x42) continue;
      let value = 0;
      let at = i + 1;
      let shift = 0;
      let b = 0x80;
      while (b >= 0x80 && at < to && shift < 35) {
        b = code[at++];
        value += (b & 127) * 2 ** shift;
        shift += 7;
      }
      // data addresses need at least three bytes and are positive
      if (at - i < 4 || b >= 0x40 || value < low || value >= high) continue;
      out.add(value, f, op === 0x42 ? 1 : 0, codeRva + i);
      i = at - 1;
    }
  }
}
