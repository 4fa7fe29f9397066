import fc from "fast-check";
import { expect, it } from "vitest";
import { DUPLICATE_OK, ProbeReader, REACHABLE } from "../../src/linkgraph/probe.ts";
import { EDGE, SYMBOL } from "../../src/linkgraph/probegraph.ts";

const DUMP = [
  "pare-link-probe\t4",
  "T\t401000\t2000\t.text",
  "T\t6a6000\t100\t.rodata",
  "L\truntime",
  "L\tmain",
  "I\t2\t1",
  "P\t7\t9\t9",
  "P\t12",
  "Z\t0\t7",
  "A\t7:1\t12:1",
  "M\tClose",
  "G\t0\t12",
  "E\t7\t6\t12:4\ti12:9\t9\tu0\tn0",
  "E\t12\t1\tm0:9:0:7\to9",
  "K\t1\tSTEXT",
  "S\t7\t401000\t2f\t1\t1\t1\t1\t1\t1\t0\truntime.main",
  "S\t12\t6a6010\ta\t2\t2\t0\t3\t9\t0\t7\ttype:map[string]\u00fcber.T",
  "X",
  "",
].join("\n");

const read = (chunks: readonly Uint8Array[]) => {
  const reader = new ProbeReader();
  for (const chunk of chunks) reader.push(chunk);
  return reader.finish();
};

it("reads symbols, sections and packages", () => {
  const dump = read([new TextEncoder().encode(DUMP)]);
  expect(dump.sections).toEqual([
    { va: 0x401000, size: 0x2000, name: ".text" },
    { va: 0x6a6000, size: 0x100, name: ".rodata" },
  ]);
  expect(dump.packages).toEqual(["", "runtime", "main"]);
  expect([...dump.id]).toEqual([7, 12]);
  expect([...dump.va]).toEqual([0x401000, 0x6a6010]);
  expect([...dump.size]).toEqual([0x2f, 10]);
  expect(dump.flags[1]).toBe(REACHABLE | DUPLICATE_OK);
  expect([...dump.outer, ...dump.version]).toEqual([0, 7, 1, 0]);
  expect([dump.kindName(dump.kind[0]), dump.kindName(dump.kind[1])]).toEqual(["STEXT", ""]);
  expect([dump.name(0), dump.name(1)]).toEqual(["runtime.main", "type:map[string]\u00fcber.T"]);
});

it("reads references, imports and the tables of functions", () => {
  const graph = read([new TextEncoder().encode(DUMP)]).graph!;
  expect([graph.dynamic, [...graph.roots], [...graph.reached]]).toEqual([false, [7], [7, 1, 12, 1]]);
  expect([[...graph.symbol], [...graph.flags], [...graph.start]]).toEqual([
    [7, 12],
    [SYMBOL.reflectMethod | SYMBOL.text, SYMBOL.type],
    [0, 5, 7],
  ]);
  const { plain, iface, order, method, useMethod, useName } = EDGE;
  expect([...graph.edge]).toEqual([plain, iface, plain, useMethod, useName, method, order]);
  expect([...graph.target]).toEqual([12, 12, 9, 0, 0, 0, 9]);
  expect([...graph.offset]).toEqual([4, 9, 0, 0, 0, 0, 0]);
  expect([[...graph.methods.signature], [...graph.methods.parts]]).toEqual([[0], [9, 0, 7]]);
  expect([graph.names, [...graph.signatures.name], [...graph.signatures.type]]).toEqual([["Close"], [0], [12]]);
  expect([...graph.imports]).toEqual([[2, [1]]]);
  const { symbol, start, inlined } = graph.functions;
  expect([[...symbol], [...start], [...inlined]]).toEqual([
    [7, 12],
    [0, 2, 2],
    [9, 9],
  ]);
});

it("has no graph if none was asked for", () => {
  const few = DUMP.split("\n").filter((line) => !/^[AEGIMPZ]/.test(line));
  expect(read([new TextEncoder().encode(few.join("\n"))]).graph).toBeUndefined();
});

it("does not care where the chunks end", () => {
  const bytes = new TextEncoder().encode(DUMP);
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length), { maxLength: 6 }), (cuts) => {
      const ends = [...cuts, bytes.length].sort((a, b) => a - b);
      const chunks = ends.map((end, i) => bytes.subarray(i === 0 ? 0 : ends[i - 1], end));
      const dump = read(chunks);
      expect([dump.count, dump.name(1)]).toEqual([2, "type:map[string]\u00fcber.T"]);
    }),
  );
});

it("refuses what is no dump", () => {
  expect(() => read([new TextEncoder().encode("ELF\n")])).toThrow("not a dump of the link probe");
  expect(() => read([])).toThrow("empty");
  for (const cut of [DUMP.slice(0, -7), DUMP.slice(0, DUMP.lastIndexOf("S\t"))])
    expect(() => read([new TextEncoder().encode(cut)])).toThrow("cut off");
});
