import fc from "fast-check";
import { expect, it } from "vitest";
import { DUPLICATE_OK, ProbeReader, REACHABLE } from "../../src/linkgraph/probe.ts";

const DUMP = [
  "pare-link-probe\t1",
  "T\t401000\t2000\t.text",
  "T\t6a6000\t100\t.rodata",
  "L\truntime",
  "L\tmain",
  "S\t7\t401000\t2f\t1\t1\t1\t1\truntime.main",
  "S\t12\t6a6010\ta\t2\t2\t0\t3\ttype:map[string]\u00fcber.T",
  "R\t7\t4:12:0:1",
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
  expect([dump.name(0), dump.name(1)]).toEqual(["runtime.main", "type:map[string]\u00fcber.T"]);
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
});
