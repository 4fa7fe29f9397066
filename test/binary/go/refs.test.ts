// Every reference scanner on a few instructions of its machine: what it must find, and what only looks like a reference.
import { describe, expect, it } from "vitest";
import { scanRefs } from "../../../src/binary/go/refs/index.ts";

/** Code stands at RVA 0x1000, data at [0x2000, 0x9000), RVA 0 at 0x10000. */
const CODE = 0x1000;

function scan(arch: string, code: number[], littleEndian = true, relocated?: ReadonlySet<number>): string[] {
  const refs = scanRefs(arch, {
    code: Uint8Array.from(code),
    codeRva: CODE,
    littleEndian,
    imageBase: 0x10000,
    entry: Uint32Array.of(CODE),
    end: Uint32Array.of(CODE + code.length),
    low: 0x2000,
    high: 0x9000,
    textLow: CODE,
    textHigh: 0x2000,
    ...(relocated && { relocated }),
  });
  return Array.from(refs.target, (t, i) => `${t.toString(16)}${refs.formed[i] ? " formed" : ""}`);
}

/** 32-bit words in one byte order. */
const words = (littleEndian: boolean, ...list: number[]): number[] =>
  list.flatMap((w) => {
    const bytes = [w >>> 24, (w >>> 16) & 255, (w >>> 8) & 255, w & 255];
    return littleEndian ? bytes.reverse() : bytes;
  });

const le32 = (v: number): number[] => words(true, v);

describe("amd64", () => {
  it("takes LEA as forming and MOV as an access, and counts immediates in", () => {
    expect(scan("amd64", [0x48, 0x8d, 0x05, ...le32(0x3000 - CODE - 7)])).toEqual(["3000 formed"]);
    expect(scan("amd64", [0x48, 0x8b, 0x0d, ...le32(0x3000 - CODE - 7)])).toEqual(["3000"]);
    // mov dword [rip+d], 1: the address counts from the end of the immediate
    expect(scan("amd64", [0xc7, 0x05, ...le32(0x3000 - CODE - 10), ...le32(1)])).toEqual(["3000"]);
    // cmpb $8, (rip+d)
    expect(scan("amd64", [0x80, 0x3d, ...le32(0x3000 - CODE - 7), 8])).toEqual(["3000"]);
  });

  it("leaves out addresses in code and beyond the data", () => {
    expect(scan("amd64", [0x48, 0x8d, 0x05, ...le32(0x1800 - CODE - 7)])).toEqual([]);
    expect(scan("amd64", [0x48, 0x8d, 0x05, ...le32(0x9000 - CODE - 7)])).toEqual([]);
  });
});

describe("386", () => {
  it("finds displacements and immediates of decoded instructions", () => {
    expect(scan("386", [0xb8, ...le32(0x13000)])).toEqual(["3000 formed"]);
    expect(scan("386", [0x8b, 0x05, ...le32(0x13000)])).toEqual(["3000"]);
    expect(scan("386", [0xa1, ...le32(0x13000)])).toEqual(["3000"]);
    expect(scan("386", [0x8d, 0x04, 0x8d, ...le32(0x13000)])).toEqual(["3000 formed"]);
    expect(scan("386", [0xc7, 0x05, ...le32(0x13000), ...le32(0x14000)])).toEqual(["3000", "4000 formed"]);
    expect(scan("386", [0xf7, 0x05, ...le32(0x13000), ...le32(0x14000)])).toEqual(["3000", "4000 formed"]);
    expect(scan("386", [0x0f, 0xb6, 0x80, ...le32(0x13000)])).toEqual(["3000"]);
  });

  it("does not take parts of other instructions for addresses", () => {
    // call rel32; mov ax, imm16 with bytes behind it; a thread-local access
    expect(scan("386", [0xe8, ...le32(0x13000)])).toEqual([]);
    expect(scan("386", [0x66, 0xb8, 0x00, 0x30, 0x01, 0x00])).toEqual([]);
    expect(scan("386", [0x65, 0xa1, ...le32(0x13000)])).toEqual([]);
    // sub esp, 0x30000000; add al, 1: the four bytes in the middle would be 0x13000 shifted
    expect(scan("386", [0x81, 0xec, 0x00, 0x00, 0x30, 0x01, 0x00, 0xc0])).toEqual([]);
  });

  it("believes the file's list of relocated words", () => {
    const code = [0xb8, ...le32(0x13000), 0xb9, ...le32(0x14000)];
    expect(scan("386", code, true, new Set([CODE + 6]))).toEqual(["4000 formed"]);
  });
});

describe("fixed-width machines", () => {
  it.each([
    // adrp x0, +2 pages; add x0, x0, #16
    ["arm64", true, [0xd0000000, 0x91004000], ["3010 formed"]],
    // adrp x1, +2 pages; ldr x2, [x1, #24]
    ["arm64", true, [0xd0000001, 0xf9400c22], ["3018"]],
    // another register
    ["arm64", true, [0xd0000001, 0xf9400c42], []],
    // ldr r0, [pc]; b; .word 0x13000
    ["arm", true, [0xe59f0000, 0xea000000, 0x13000], ["3000 formed"]],
    // pcalau12i r4, +2 pages; addi.d r4, r4, 16
    ["loong64", true, [0x1a000044, 0x02c04084], ["3010 formed"]],
    // addis r3, 0, 1; addi r3, r3, 0x3000; addis r3, 0, 1; ld r4, 0x3008(r3)
    ["ppc64le", true, [0x3c600001, 0x38633000], ["3000 formed"]],
    ["ppc64", false, [0x3c600001, 0xe8833008], ["3008"]],
    // lui r2, 1; addiu r2, r2, 0x3000
    ["mips", false, [0x3c020001, 0x24423000], ["3000 formed"]],
    ["mipsle", true, [0x3c020001, 0x8c433004], ["3004"]],
    // lui r2, 1; daddu r2, r28, r2; ld r3, 0x3000(r2)
    ["mips64", false, [0x3c020001, 0x0382102d, 0xdc433000], ["3000"]],
    ["mips64le", true, [0x3c020001, 0x0382102d, 0x64423000], ["3000 formed"]],
    // a constant: lui r2, 1; ori r2, r2, 0x3000
    ["mips64le", true, [0x3c020001, 0x34423000], []],
  ] as const)("%s", (arch, littleEndian, code, found) => {
    expect(scan(arch, words(littleEndian, ...code), littleEndian)).toEqual(found);
  });

  it("riscv64 steps over instructions of two bytes", () => {
    // c.nop; auipc a0, 2; addi a0, a0, 14
    expect(scan("riscv64", [0x01, 0x00, ...words(true, 0x00002517, 0x00e50513)])).toEqual(["3010 formed"]);
    // auipc a1, 2; sd a2, 16(a1)
    expect(scan("riscv64", words(true, 0x00002597, 0x00c5b823))).toEqual(["3010"]);
  });

  it("s390x counts in half-words", () => {
    // larl %r1, 0x3000; lgrl %r2, 0x3008
    expect(scan("s390x", [0xc0, 0x10, ...words(false, 0x1000)], false)).toEqual(["3000 formed"]);
    expect(scan("s390x", [0xc4, 0x28, ...words(false, 0x1004)], false)).toEqual(["3008"]);
  });
});

describe("wasm", () => {
  it("reads constants, and leaves small ones out", () => {
    // i64.const 0x3000; i32.const 0x3008; i64.const 5
    expect(scan("wasm", [0x42, 0x80, 0xe0, 0x00, 0x41, 0x88, 0xe0, 0x00, 0x42, 0x05])).toEqual(["3000 formed", "3008"]);
  });
});

it("an unknown architecture has no references", () => {
  expect(scan("z80", [0x48, 0x8d, 0x05, ...le32(0x3000 - CODE - 7)])).toEqual([]);
});
