import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { type Executable, NO_RVA } from "../../src/binary/executable.ts";
import { openExecutable } from "../../src/binary/open.ts";
import { goBuild } from "../fixture.ts";
import { violations } from "./invariants.ts";

const readBytes = (path: string): Uint8Array<ArrayBuffer> => new Uint8Array(readFileSync(path));

/** The engine's view of the module: its linear memory before anything has run. */
async function initialMemory(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const module = await WebAssembly.compile(bytes);
  const imports: WebAssembly.Imports = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) (imports[from] ??= {})[name] = () => 0;
  const { exports } = await WebAssembly.instantiate(module, imports);
  const memory = Object.values(exports).find((e) => e instanceof WebAssembly.Memory);
  return new Uint8Array(memory!.buffer);
}

describe.each(["js", "wasip1"])("%s/wasm", (goos) => {
  let bytes: Uint8Array<ArrayBuffer>;
  let exe: Executable;
  beforeAll(() => {
    bytes = readBytes(goBuild({ fixture: "hello", goos, goarch: "wasm" }));
    exe = openExecutable(bytes);
  });

  test("the header's facts", () => {
    expect([exe.format, exe.os, exe.arch, exe.ptrSize, exe.type]).toEqual(["wasm", goos, "wasm", 8, "exe"]);
    expect(exe.warnings).toEqual([]);
    expect(exe.sections.map((s) => s.name)).toContain("go:buildid");
  });

  test("the model's promises", () => {
    expect(violations(exe)).toEqual([]);
  });

  test("the painted image is what the engine puts into memory", async () => {
    const memory = await initialMemory(bytes);
    const data = exe.regions[0];
    expect(data.bytes).toEqual(memory.slice(data.rva, data.rva + data.bytes.length));
    expect(data.rva + data.memSize).toBe(memory.length);
    expect(memory.subarray(0, data.rva).every((b) => b === 0)).toBe(true);
    expect(memory.subarray(data.rva + data.bytes.length).every((b) => b === 0)).toBe(true);
  });

  test("pieces lead from the image to the file", () => {
    const { bytes: image, rva: start, pieces } = exe.regions[0];
    let painted = 0;
    let wrong = 0;
    for (let i = 0; i < pieces!.rva.length; i++) {
      const { rva, length, offset } = pieces!;
      for (let j = 0; j < length[i]; j++) if (image[rva[i] - start + j] !== bytes[offset[i] + j]) wrong++;
      painted += length[i];
    }
    expect(wrong).toBe(0);
    // Segments' headers and contents are the whole data section.
    const section = exe.sections.find((s) => s.name === "data section");
    const headers = exe.structure.filter((r) => r.name === "data segment headers");
    const first = exe.structure.find((r) => r.name === "data section");
    const headerBytes = headers.reduce((sum, r) => sum + r.end - r.start, 0);
    expect(painted + headerBytes).toBe((section?.offset ?? 0) + (section?.fileSize ?? 0) - (first?.end ?? 0));
  });

  test("bodies fill the code region, and every one has its name", () => {
    const { starts, ends, imports } = exe.wasm!;
    expect(imports).toBe(WebAssembly.Module.imports(new WebAssembly.Module(bytes)).length);
    const code = exe.regions[1];
    expect(code.executable).toBe(true);
    expect(code.rva % 0x1_0000).toBe(0);
    expect(ends[ends.length - 1]).toBe(code.rva + code.bytes.length);
    // A body ends with the `end` opcode; between two bodies stands the size of the second.
    expect(Array.from(ends).filter((end) => code.bytes[end - 1 - code.rva] !== 0x0b)).toEqual([]);
    expect(starts.filter((s, i) => i > 0 && (s - ends[i - 1] < 1 || s - ends[i - 1] > 5)).length).toBe(0);
    const symbols = exe.symbols();
    expect(symbols.count).toBe(starts.length);
    expect(symbols.rva).not.toContain(NO_RVA);
    const names = Array.from({ length: symbols.count }, (_, i) => symbols.name(i));
    const main = names.indexOf("main.main");
    expect(symbols.rva[main]).toBe(starts[main]);
    expect(symbols.size[main]).toBe(ends[main] - starts[main]);
    // Go's first body is a place holder for the build ID: no locals, i32.const 0, end.
    expect([...code.bytes.subarray(starts[0] - code.rva, ends[0] - code.rva)]).toEqual([0, 0x41, 0, 0x0b]);
  });

  test("every byte outside code and data is the format's", () => {
    const covered = new Uint8Array(bytes.length);
    for (const r of [...exe.structure, ...exe.tables]) covered.fill(1, r.start, r.end);
    const { pieces } = exe.regions[0];
    for (let i = 0; i < pieces!.rva.length; i++) {
      covered.fill(1, pieces!.offset[i], pieces!.offset[i] + pieces!.length[i]);
    }
    covered.fill(1, exe.regions[1].offset, exe.regions[1].offset + exe.regions[1].bytes.length);
    expect(covered.indexOf(0)).toBe(-1);
  });
});

test("a reactor module is a library", () => {
  const exe = openExecutable(
    readBytes(goBuild({ fixture: "hello", goos: "wasip1", goarch: "wasm", flags: ["-buildmode=c-shared"] })),
  );
  expect(exe.type).toBe("shared");
});

/** A module from sections (id, contents). */
function module(...sections: readonly (readonly [number, readonly number[]])[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array([
    0,
    0x61,
    0x73,
    0x6d,
    1,
    0,
    0,
    0,
    ...sections.flatMap(([id, body]) => [id, body.length, ...body]),
  ]);
}
const CODE = [10, [1, 2, 0, 0x0b]] as const;

describe("modules of other compilers", () => {
  test("segments out of order are sorted, overlapping ones left out", () => {
    const exe = openExecutable(
      module([5, [1, 0, 1]], CODE, [
        11,
        [3, 0, 0x41, 20, 0x0b, 2, 5, 6, 0, 0x41, 10, 0x0b, 2, 7, 8, 0, 0x41, 21, 0x0b, 1, 9],
      ]),
    );
    expect(violations(exe)).toEqual([]);
    expect([...exe.regions[0].bytes]).toEqual([
      ...Array.from({ length: 10 }, () => 0),
      7,
      8,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      5,
      6,
    ]);
    expect(exe.regions[0].memSize).toBe(0x1_0000);
    expect(exe.warnings).toEqual(["some data segments overlap and are not looked into"]);
    expect(exe.ptrSize).toBe(4);
  });

  test("passive segments have no address", () => {
    const exe = openExecutable(module([5, [1, 0, 1]], CODE, [11, [1, 1, 3, 1, 2, 3]]));
    expect(exe.regions.length).toBe(1);
    expect(exe.regions[0].rva).toBe(0x1_0000);
    expect(exe.warnings).toEqual(["1 data segments have no fixed address and are not looked into"]);
  });

  test("what cannot be read is refused", () => {
    const far = [0, 0x41, 0xff, 0xff, 0xff, 0xff, 0x07, 0x0b, 1, 1];
    expect(() => openExecutable(module(CODE, [11, [2, 0, 0x41, 0, 0x0b, 1, 1, ...far]]))).toThrow(
      "spread over far more",
    );
    expect(() => openExecutable(module(CODE, [11, [1, 0, 0x42, 0x7b, 0x0b, 1, 1]]))).toThrow("outside the memory");
    expect(() => openExecutable(module([5, [1, 0, 1]]))).toThrow("no code");
    expect(() => openExecutable(module([99, []]))).toThrow("unknown kind");
    expect(() => openExecutable(module([10, [100]]))).toThrow("more functions");
    expect(() => openExecutable(module(CODE, [11, [0xff, 0xff, 0x03]]))).toThrow("more segments");
    expect(() => openExecutable(module(CODE).slice(0, -2))).toThrow("truncated");
    expect(() => openExecutable(new Uint8Array([0, 0x61, 0x73, 0x6d, 13, 0, 1, 0]))).toThrow("component");
    expect(() => openExecutable(new Uint8Array([0, 0x61, 0x73, 0x6d, 1]))).toThrow("wasm header");
  });
});
