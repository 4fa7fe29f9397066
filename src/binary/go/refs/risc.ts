// Fixed-width machines form an address with one instruction for the high part and, next to it, one that adds the low part through
// the same register. One small decoder each; encodings from the architecture manuals, relocations from cmd/internal/obj/<arch>/asm*.go.
import { u32 } from "../../bytes.ts";
import type { RefList, ScanInput, Scanner } from "./refs.ts";
import { isData } from "./refs.ts";

/** Reads instruction words in code order and reports the pairs that `pair` recognises. */
function pairs(
  pair: (first: number, second: number, pc: number) => number,
  formed: (second: number) => number,
): Scanner {
  return (input: ScanInput, out: RefList) => {
    const { code, codeRva, littleEndian: le, entry, end, imageBase } = input;
    const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
    for (let f = 0; f < entry.length; f++) {
      if (input.wanted && !input.wanted(f)) continue;
      const from = entry[f] - codeRva;
      const to = Math.min(end[f] - codeRva, code.length);
      if (from + 8 > to) continue;
      let first = u32(view, from, le);
      for (let i = from + 4; i + 4 <= to; i += 4) {
        const second = u32(view, i, le);
        const va = pair(first, second, codeRva + imageBase + i - 4);
        if (va >= 0) {
          const rva = va - imageBase;
          if (isData(input, rva)) out.add(rva, f, formed(second), codeRva + i);
        }
        first = second;
      }
    }
  };
}

const signed = (value: number, bits: number): number => (value << (32 - bits)) >> (32 - bits);

/** ADRP Xd, page; ADD/LDR/STR …, [Xd, #lo12]. */
export const scanArm64 = pairs(
  (first, second, pc) => {
    if ((first & 0x9f000000) >>> 0 !== 0x90000000) return -1;
    const register = first & 31;
    if (((second >>> 5) & 31) !== register) return -1;
    const pages = signed((((first >>> 5) & 0x7ffff) << 2) | ((first >>> 29) & 3), 21);
    const page = pc - (pc % 4096) + pages * 4096;
    const imm = (second >>> 10) & 0xfff;
    if ((second & 0xffc00000) >>> 0 === 0x91000000) return page + imm;
    if ((second & 0x3b000000) === 0x39000000) {
      const vector128 = (second & 0x04800000) === 0x04800000 && second >>> 30 === 0;
      return page + imm * 2 ** (vector128 ? 4 : second >>> 30);
    }
    return -1;
  },
  (second) => ((second & 0xffc00000) >>> 0 === 0x91000000 ? 1 : 0),
);

/** AUIPC rd, hi20; ADDI/load/store through rd. Instructions are of two bytes where the first two bits are not both set. */
export const scanRiscv64: Scanner = (input, out) => {
  const { code, codeRva, entry, end } = input;
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
  for (let f = 0; f < entry.length; f++) {
    if (input.wanted && !input.wanted(f)) continue;
    const to = Math.min(end[f] - codeRva, code.length);
    for (let i = entry[f] - codeRva; i + 8 <= to; i += (code[i] & 3) === 3 ? 4 : 2) {
      if ((code[i] & 0x7f) !== 0x17) continue;
      const first = u32(view, i, true);
      const second = u32(view, i + 4, true);
      const low = riscvLow(second, (first >>> 7) & 31);
      if (low === NONE) continue;
      const rva = codeRva + i + (first & 0xfffff000) + low;
      if (isData(input, rva)) out.add(rva, f, (second & 0x7f) === 0x13 ? 1 : 0, codeRva + i);
    }
  }
};

const NONE = 0x8000;

/** The 12-bit offset of an instruction that goes through a register; NONE if it is no such instruction. */
function riscvLow(instruction: number, register: number): number {
  if (((instruction >>> 15) & 31) !== register) return NONE;
  const op = instruction & 0x7f;
  if ((op === 0x13 && (instruction & 0x7000) === 0) || op === 0x03 || op === 0x07) return instruction >> 20;
  if (op === 0x23 || op === 0x27) return ((instruction >> 25) << 5) | ((instruction >>> 7) & 31);
  return NONE;
}

/** PCALAU12I rd, hi20; ADDI.D/load/store through rd. */
export const scanLoong64 = pairs(
  (first, second, pc) => {
    if ((first & 0xfe000000) >>> 0 !== 0x1a000000) return -1;
    if (((second >>> 5) & 31) !== (first & 31)) return -1;
    const add = (second & 0xffc00000) >>> 0 === 0x02c00000;
    if (!add && second >>> 26 !== 0x0a) return -1;
    const page = pc - (pc % 4096) + signed((first >>> 5) & 0xfffff, 20) * 4096;
    return page + signed((second >>> 10) & 0xfff, 12);
  },
  (second) => ((second & 0xffc00000) >>> 0 === 0x02c00000 ? 1 : 0),
);

/** ADDIS rd, 0, hi; ADDI or D/DS-form load/store through rd (absolute addresses, the default build mode). */
export const scanPpc64 = pairs(
  (first, second) => {
    if ((first & 0xfc1f0000) >>> 0 !== 0x3c000000) return -1;
    if (((second >>> 16) & 31) !== ((first >>> 21) & 31)) return -1;
    const op = second >>> 26;
    const low = (second << 16) >> 16;
    const high = ((first << 16) >> 16) * 65536;
    if (op === 14 || (op >= 32 && op <= 55)) return high + low;
    if (op === 58 || op === 62) return high + (low & ~3);
    return -1;
  },
  (second) => (second >>> 26 === 14 ? 1 : 0),
);

/** The address of LUI rt, hi and ADDIU/DADDIU/load/store through rt; −1 if they are no such pair. */
function mipsAddress(first: number, second: number): number {
  if ((first & 0xffe00000) >>> 0 !== 0x3c000000) return -1;
  if (((second >>> 21) & 31) !== ((first >>> 16) & 31)) return -1;
  const op = second >>> 26;
  if (op !== 9 && op !== 25 && op < 32) return -1;
  return ((first << 16) >> 16) * 65536 + ((second << 16) >> 16);
}

const mipsForms = (second: number): number => (second >>> 26 === 9 || second >>> 26 === 25 ? 1 : 0);

/** Absolute addresses. */
export const scanMips = pairs(mipsAddress, mipsForms);

/** LUI rt, hi; DADDU rt, rt, R28 (the base of all addresses, zero); DADDIU/load/store through rt. */
export const scanMips64: Scanner = (input, out) => {
  const { code, codeRva, littleEndian: le, entry, end, imageBase } = input;
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
  for (let f = 0; f < entry.length; f++) {
    if (input.wanted && !input.wanted(f)) continue;
    const to = Math.min(end[f] - codeRva, code.length);
    for (let i = entry[f] - codeRva; i + 8 <= to; i += 4) {
      const first = u32(view, i, le);
      if ((first & 0xffe00000) >>> 0 !== 0x3c000000) continue;
      let second = u32(view, i + 4, le);
      if ((second & 0xfc0007ff) >>> 0 === 0x2d && i + 12 <= to) second = u32(view, i + 8, le);
      const va = mipsAddress(first, second);
      const rva = va - imageBase;
      if (va >= 0 && isData(input, rva)) out.add(rva, f, mipsForms(second), codeRva + i);
    }
  }
};

/** LDR Rd, [PC, #imm]: the literal pool holds the absolute address. */
export const scanArm: Scanner = (input, out) => {
  const { code, codeRva, littleEndian: le, entry, end, imageBase } = input;
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
  for (let f = 0; f < entry.length; f++) {
    if (input.wanted && !input.wanted(f)) continue;
    const to = Math.min(end[f] - codeRva, code.length);
    for (let i = entry[f] - codeRva; i + 4 <= to; i += 4) {
      const op = u32(view, i, le);
      if ((op & 0x0f7f0000) >>> 0 !== 0x051f0000) continue;
      const at = i + 8 + (op & 0x00800000 ? op & 0xfff : -(op & 0xfff));
      if (at < 0 || at + 4 > code.length) continue;
      const rva = u32(view, at, le) - imageBase;
      if (isData(input, rva)) out.add(rva, f, 1, codeRva + i);
    }
  }
};

/** LARL and the relative-long loads, stores and compares of s390x: a 32-bit halfword offset from the instruction. */
export const scanS390x: Scanner = (input, out) => {
  const { code, codeRva, entry, end } = input;
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
  for (let f = 0; f < entry.length; f++) {
    if (input.wanted && !input.wanted(f)) continue;
    const to = Math.min(end[f] - codeRva, code.length);
    // the first two bits of an instruction tell its length
    for (let i = entry[f] - codeRva; i + 2 <= to;) {
      const op = code[i];
      const length = op < 0x40 ? 2 : op < 0xc0 ? 4 : 6;
      if (length === 6 && i + 6 <= to && ((op === 0xc0 && (code[i + 1] & 15) === 0) || op === 0xc4 || op === 0xc6)) {
        const rva = codeRva + i + view.getInt32(i + 2, false) * 2;
        if (isData(input, rva)) out.add(rva, f, op === 0xc0 ? 1 : 0, codeRva + i);
      }
      i += length;
    }
  }
};
