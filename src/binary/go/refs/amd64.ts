// amd64: disp32(RIP) operands. No disassembler: a ModRM byte of mod 00, rm 101 whose displacement hits data, filtered by opcode.
// Encodings: Intel SDM volume 2, tables. Shape and error rates: docs/how-it-works.md.
import type { RefList, ScanInput } from "./refs.ts";

/** Opcodes that take a ModRM operand in the one-byte map, as Go's compiler and assembler emit them. */
const ONE_BYTE = new Uint8Array(256);
for (const op of [
  0x00, 0x01, 0x02, 0x03, 0x08, 0x09, 0x0a, 0x0b, 0x10, 0x11, 0x12, 0x13, 0x18, 0x19, 0x1a, 0x1b, 0x20, 0x21, 0x22,
  0x23, 0x28, 0x29, 0x2a, 0x2b, 0x30, 0x31, 0x32, 0x33, 0x38, 0x39, 0x3a, 0x3b, 0x63, 0x69, 0x6b, 0x80, 0x81, 0x83,
  0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8b, 0x8d, 0xc0, 0xc1, 0xc6, 0xc7, 0xd0, 0xd1, 0xd2, 0xd3, 0xd8, 0xd9,
  0xdb, 0xdd, 0xdf, 0xf6, 0xf7, 0xfe, 0xff,
]) {
  ONE_BYTE[op] = 1;
}

/** In each byte of a word: mod and rm of a ModRM byte, their values for disp32(RIP), the lowest bit, the highest bit. */
const REGISTER_AND_MODE = 0xc7c7c7c7 | 0;
const RIP = 0x05050505;
const ONES = 0x01010101;
const TOPS = 0x80808080 | 0;

export function scanAmd64(input: ScanInput, out: RefList): void {
  const { code, entry, end, codeRva, wanted } = input;
  // four bytes at a time: one in forty is a ModRM byte that matters
  const phase = code.byteOffset & 3;
  const words = new Int32Array(code.buffer, code.byteOffset - phase, (phase + code.length) >> 2);
  for (let f = 0; f < entry.length; f++) {
    const first = Math.max(0, entry[f] - codeRva + 1);
    const to = Math.min(end[f] - codeRva, code.length) - 4;
    if (wanted && !wanted(f)) continue;
    let resume = first;
    const lastWord = (to - 1 + phase) >> 2;
    for (let w = (first + phase) >> 2; w <= lastWord; w++) {
      // a byte of x is zero where (byte & 0xc7) is 5; the borrow may hit a byte behind a true one as well
      const x = (words[w] & REGISTER_AND_MODE) ^ RIP;
      if (((x - ONES) & ~x & TOPS) === 0) continue;
      const at = (w << 2) - phase;
      const stop = at + 4 < to ? at + 4 : to;
      for (let i = at > resume ? at : resume; i < stop; i++) {
        if ((code[i] & 0xc7) !== 5 || !operand(input, out, f, i)) continue;
        resume = i + 5;
        break;
      }
    }
  }
}

/** Adds the reference of function f whose ModRM byte stands at i. Answers false if there is none. */
function operand(input: ScanInput, out: RefList, f: number, i: number): boolean {
  const { code, codeRva, low, high, textLow, textHigh } = input;
  const disp = code[i + 1] | (code[i + 2] << 8) | (code[i + 3] << 16) | (code[i + 4] << 24);
  let target = codeRva + i + 5 + disp;
  // immediates move the end of the instruction by at most 4 bytes
  if (target < low - 4 || target >= high) return false;
  const from = input.entry[f] - codeRva;
  const modrm = code[i];
  const op = code[i - 1];
  const prior = i - 2 >= from ? code[i - 2] : 0;
  const escape = prior === 0x0f || vexOpcode(code, i - 1, from);
  if (!escape && ONE_BYTE[op] === 0) return false;
  // CMP r8, imm8 (80/83 f8+) before a conditional jump looks like an operand
  if (op >= 0xf8 && !escape && (prior === 0x80 || prior === 0x83)) return false;
  if (escape) {
    if (
      op === 0xba ||
      op === 0xc6 ||
      op === 0x70 ||
      op === 0xc2 ||
      op === 0xc4 ||
      op === 0xc5 ||
      op === 0xa4 ||
      op === 0xac
    )
      target += 1;
  } else if (op === 0x80 || op === 0x83 || op === 0xc6 || op === 0x6b || op === 0xc0 || op === 0xc1) {
    target += 1;
  } else if (op === 0xc7 || op === 0x81 || op === 0x69) {
    target += operandSize16(code, i - 2, from) ? 2 : 4;
  } else if (op === 0xf6 && (modrm & 0x38) <= 8) {
    target += 1;
  } else if (op === 0xf7 && (modrm & 0x38) <= 8) {
    target += operandSize16(code, i - 2, from) ? 2 : 4;
  }
  if (target < low || target >= high || (target >= textLow && target < textHigh)) return false;
  out.add(target, f, op === 0x8d && !escape ? 1 : 0, codeRva + i);
  return true;
}

/** 66 before an optional REX prefix. */
function operandSize16(code: Uint8Array, at: number, from: number): boolean {
  if (at < from) return false;
  if (code[at] === 0x66) return true;
  return (code[at] & 0xf0) === 0x40 && at > from && code[at - 1] === 0x66;
}

/** Whether the opcode byte at `at` follows a VEX, EVEX or three-byte-map prefix. */
function vexOpcode(code: Uint8Array, at: number, from: number): boolean {
  if (at - 2 < from) return false;
  if (code[at - 2] === 0xc5) return true;
  if (code[at - 2] === 0x0f && (code[at - 1] === 0x38 || code[at - 1] === 0x3a)) return true;
  if (at - 3 >= from && code[at - 3] === 0xc4 && (code[at - 2] & 0x1c) === 0) return true;
  return at - 4 >= from && code[at - 4] === 0x62;
}
