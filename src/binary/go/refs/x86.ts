// 386: absolute 32-bit addresses in displacements and immediates. Any word could be one, so the bytes in front must be the start
// of an instruction that takes it: ModRM with a 32-bit displacement, or an opcode with a 32-bit immediate.
import type { RefList, ScanInput } from "./refs.ts";
import { isData } from "./refs.ts";

export function scan386(input: ScanInput, out: RefList): void {
  const { code, codeRva, entry, end, imageBase } = input;
  const lowest = input.low + imageBase;
  const highest = input.high + imageBase;
  for (let f = 0; f < entry.length; f++) {
    if (input.wanted && !input.wanted(f)) continue;
    const from = entry[f] - codeRva;
    const to = Math.min(end[f] - codeRva, code.length) - 4;
    for (let i = from + 1; i <= to; i++) {
      const va = (code[i] | (code[i + 1] << 8) | (code[i + 2] << 16) | (code[i + 3] << 24)) >>> 0;
      if (va < lowest || va >= highest) continue;
      const formed = shape(code, i, from);
      if (formed < 0 || !isData(input, va - imageBase)) continue;
      out.add(va - imageBase, f, formed);
      i += 3;
    }
  }
}

/** 1: the address itself is the value; 0: a memory operand; −1: not an operand. */
function shape(code: Uint8Array, at: number, from: number): number {
  const b = code[at - 1];
  const a = at - 2 >= from ? code[at - 2] : 0;
  // mov r32, imm32; push imm32
  if ((b >= 0xb8 && b <= 0xbf) || b === 0x68) return 1;
  // mov/… eax, [moffs32]
  if (b >= 0xa0 && b <= 0xa3) return 0;
  // disp32 alone, or base + disp32
  if ((b & 0xc7) === 5 || ((b & 0xc0) === 0x80 && (b & 7) !== 4)) return a === 0x8d ? 1 : 0;
  // SIB: [index*scale + disp32] or base + index + disp32
  if ((a & 0xc7) === 0x04 && (b & 7) === 5) return 0;
  if ((a & 0xc7) === 0x84) return 0;
  // mov dword [esp + disp8], imm32; mov dword [esp], imm32; cmp and arithmetic with imm32
  const c = at - 3 >= from ? code[at - 3] : 0;
  const d = at - 4 >= from ? code[at - 4] : 0;
  if (d === 0xc7 && c === 0x44 && a === 0x24) return 1;
  if (c === 0xc7 && a === 0x04 && b === 0x24) return 1;
  if (c === 0xc7 && (a & 0xf8) === 0x40) return 1;
  if (a === 0xc7 && b < 8) return 1;
  if (a === 0x81 && (b & 0xc0) === 0xc0) return 1;
  // mov [disp32], imm32: the immediate follows the displacement
  if (at - 6 >= from && code[at - 6] === 0xc7 && (code[at - 5] & 0xc7) === 5) return 1;
  return -1;
}
