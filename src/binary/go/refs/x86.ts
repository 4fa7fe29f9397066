// 386: absolute addresses in displacements and immediates. Any four bytes could be one, so instructions are told apart by their
// lengths. Encodings: Intel SDM volume 2, tables and 2-2 (32-bit addressing).
import type { RefList, ScanInput } from "./refs.ts";
import { isData } from "./refs.ts";

const MODRM = 1;
const IMM8 = 2;
const IMM16 = 4;
/** Four bytes; two behind a 66 prefix. */
const IMMZ = 8;
/** Four bytes that count from the instruction's end. */
const RELATIVE = 16;
/** mov eax, [address] and its like. */
const ADDRESS = 32;
const PREFIX = 64;

/** A table of shapes by opcode; later rows win. */
function shapes(...rows: readonly (readonly [first: number, last: number, flags: number])[]): Uint8Array {
  const out = new Uint8Array(256);
  for (const [first, last, flags] of rows) out.fill(flags, first, last + 1);
  return out;
}

const ARITHMETIC = [0x00, 0x08, 0x10, 0x18, 0x20, 0x28, 0x30, 0x38].flatMap((op) => [
  [op, op + 3, MODRM] as const,
  [op + 4, op + 4, IMM8] as const,
  [op + 5, op + 5, IMMZ] as const,
]);

const ONE_BYTE = shapes(
  ...ARITHMETIC,
  [0x26, 0x26, PREFIX],
  [0x2e, 0x2e, PREFIX],
  [0x36, 0x36, PREFIX],
  [0x3e, 0x3e, PREFIX],
  [0x62, 0x63, MODRM],
  [0x64, 0x67, PREFIX],
  [0x68, 0x68, IMMZ],
  [0x69, 0x69, MODRM | IMMZ],
  [0x6a, 0x6a, IMM8],
  [0x6b, 0x6b, MODRM | IMM8],
  [0x70, 0x7f, IMM8],
  [0x80, 0x80, MODRM | IMM8],
  [0x81, 0x81, MODRM | IMMZ],
  [0x82, 0x83, MODRM | IMM8],
  [0x84, 0x8f, MODRM],
  [0xa0, 0xa3, ADDRESS],
  [0xa8, 0xa8, IMM8],
  [0xa9, 0xa9, IMMZ],
  [0xb0, 0xb7, IMM8],
  [0xb8, 0xbf, IMMZ],
  [0xc0, 0xc1, MODRM | IMM8],
  [0xc2, 0xc2, IMM16],
  [0xc4, 0xc5, MODRM],
  [0xc6, 0xc6, MODRM | IMM8],
  [0xc7, 0xc7, MODRM | IMMZ],
  [0xc8, 0xc8, IMM16 | IMM8],
  [0xca, 0xca, IMM16],
  [0xcd, 0xcd, IMM8],
  [0xd0, 0xd3, MODRM],
  [0xd4, 0xd5, IMM8],
  [0xd8, 0xdf, MODRM],
  [0xe0, 0xe7, IMM8],
  [0xe8, 0xe9, RELATIVE],
  [0xeb, 0xeb, IMM8],
  [0xf0, 0xf0, PREFIX],
  [0xf2, 0xf3, PREFIX],
  [0xf6, 0xf7, MODRM],
  [0xfe, 0xff, MODRM],
);

/** Behind 0f. */
const TWO_BYTES = shapes(
  [0x00, 0xff, MODRM],
  [0x05, 0x09, 0],
  [0x0b, 0x0b, 0],
  [0x0e, 0x0e, 0],
  [0x30, 0x37, 0],
  [0x70, 0x73, MODRM | IMM8],
  [0x77, 0x77, 0],
  [0x80, 0x8f, RELATIVE],
  [0xa0, 0xa2, 0],
  [0xa4, 0xa4, MODRM | IMM8],
  [0xa8, 0xaa, 0],
  [0xac, 0xac, MODRM | IMM8],
  [0xba, 0xba, MODRM | IMM8],
  [0xc2, 0xc2, MODRM | IMM8],
  [0xc4, 0xc6, MODRM | IMM8],
  [0xc8, 0xcf, 0],
);

/** Where an instruction ends, and where its 32-bit operands stand (0: it has none). */
class Instruction {
  end = 0;
  displacement = 0;
  immediate = 0;
  /** The address is not read or written, it is the value: lea. */
  lea = false;

  decode(code: Uint8Array, start: number, limit: number): void {
    this.displacement = 0;
    this.immediate = 0;
    this.lea = false;
    let i = start;
    let wide = true;
    let segment = false;
    while (i < limit && ONE_BYTE[code[i]] === PREFIX && i - start < 8) {
      if (code[i] === 0x66) wide = false;
      if (code[i] === 0x64 || code[i] === 0x65) segment = true;
      i++;
    }
    let op = code[i++];
    let shape = ONE_BYTE[op];
    if (op === 0x0f) {
      op = code[i++];
      shape = TWO_BYTES[op];
      if (op === 0x38 || op === 0x3a) {
        shape = op === 0x3a ? MODRM | IMM8 : MODRM;
        i++;
      }
    } else if ((op === 0xc4 || op === 0xc5 || op === 0x62) && code[i] >= 0xc0) {
      // VEX and EVEX take the place of instructions that would need a memory operand
      const map = op === 0xc5 ? 1 : code[i] & 7;
      i += op === 0xc5 ? 1 : op === 0xc4 ? 2 : 3;
      op = code[i++];
      shape = map === 3 ? MODRM | IMM8 : map === 2 ? MODRM : TWO_BYTES[op];
    } else this.lea = op === 0x8d;
    if (shape & MODRM) {
      const modrm = code[i++];
      const mod = modrm >> 6;
      let base = modrm & 7;
      if (mod !== 3 && base === 4) base = code[i++] & 7;
      if (mod === 1) i++;
      else if (mod === 2 || (mod === 0 && base === 5)) {
        if (!segment) this.displacement = i;
        i += 4;
      }
      if ((op === 0xf6 || op === 0xf7) && shape === MODRM && code[start] !== 0x0f && (modrm & 0x38) <= 8) {
        shape |= op === 0xf6 ? IMM8 : IMMZ;
      }
    }
    if (shape & IMM16) i += 2;
    if (shape & IMM8) i++;
    if (shape & ADDRESS) {
      if (!segment) this.displacement = i;
      i += 4;
    }
    if (shape & RELATIVE) i += 4;
    if (shape & IMMZ) {
      if (wide) this.immediate = i;
      i += wide ? 4 : 2;
    }
    this.end = i;
  }
}

export function scan386(input: ScanInput, out: RefList): void {
  const { code, codeRva, entry, end, imageBase, relocated } = input;
  const instruction = new Instruction();
  const word = (at: number): number =>
    ((code[at] | (code[at + 1] << 8) | (code[at + 2] << 16) | (code[at + 3] << 24)) >>> 0) - imageBase;
  for (let f = 0; f < entry.length; f++) {
    if (input.wanted && !input.wanted(f)) continue;
    const to = Math.min(end[f] - codeRva, code.length);
    for (let i = entry[f] - codeRva; i < to; i = instruction.end) {
      instruction.decode(code, i, to);
      if (instruction.end > to) break;
      const { displacement, immediate } = instruction;
      if (displacement > 0 && (!relocated || relocated.has(codeRva + displacement))) {
        const rva = word(displacement);
        if (isData(input, rva)) out.add(rva, f, instruction.lea ? 1 : 0, codeRva + i);
      }
      if (immediate > 0 && (!relocated || relocated.has(codeRva + immediate))) {
        const rva = word(immediate);
        if (isData(input, rva)) out.add(rva, f, 1, codeRva + i);
      }
    }
  }
}
