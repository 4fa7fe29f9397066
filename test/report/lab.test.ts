import { describe, expect, it } from "vitest";
import type { LabResult, LabRow, Measures, Outcome, Variant } from "../../src/lab/model.ts";
import { labSchema } from "../../src/lab/schema.ts";
import { labMarkdown } from "../../src/report/labmarkdown.ts";
import { labText } from "../../src/report/labtext.ts";

const terminal = { colour: false, width: 200, cut: false };
const how = "as told";

function row(
  name: string,
  from: string | null,
  outcome: Outcome,
  measures: Measures = {},
  more: Partial<Variant> = {},
): LabRow {
  const variant: Variant = { name, group: "release", tool: "go", flags: [], env: {}, from, price: "", ...more };
  return { variant, outcome, measures, command: "go build", notes: [] };
}

const sized = (bytes: number, kinds: NonNullable<Measures["kinds"]>["value"]): Measures => ({
  fileBytes: { value: bytes, how },
  kinds: { value: kinds, how },
  download: { value: { zstd: bytes / 2 }, how },
});
const built: Outcome = { state: "built" };

const result: LabResult = {
  schema: "pare.lab/1",
  subject: "example.com/x",
  target: "linux/amd64",
  goVersion: "go1.26.8",
  machine: { host: "linux/amd64", cpu: "A CPU", cores: 2, memoryBytes: 16e9 },
  asked: { measure: "all", inTime: true },
  rows: [
    row("default", null, built, {
      ...sized(10_000_000, { code: 4_000_000, dwarf: 6_000_000 }),
      memory: {
        value: { one: { privateBytes: 3e6, sharedBytes: 0 }, two: { privateBytes: 1e6, sharedBytes: 2e6 } },
        how,
      },
      start: { value: { medianMs: 4.25, spreadMs: 0.5, runs: 3, readiness: "exit", allMs: [4, 4.25, 5] }, how },
      build: { value: { warmSeconds: 0.5, coldSeconds: 12.4 }, how },
      traits: { linking: { value: "static", how } },
    }),
    row("-w", "default", built, sized(4_000_000, { code: 4_000_000 }), { price: "no debugger" }),
    row("pie", "-w", built, {
      ...sized(4_400_000, { code: 4_000_000, relocation: 400_000 }),
      traits: { linking: { value: "dynamic", how } },
    }),
    row(
      "upx -1",
      "-w",
      { state: "failed", reason: "UPX refuses it: why", output: "" },
      {},
      { pack: { tool: "upx", args: [], of: "-w" } },
    ),
    row("tag a", "-w", { state: "failed", reason: "x.go:1:1: \u001b[31m|evil", output: "" }),
    row("tinygo", "default", { state: "absent", tool: "tinygo", get: "https://tinygo.org" }),
    row("unsafe", "default", { state: "refused", reason: "never" }),
    row("late", "default", { state: "skipped", reason: "the time budget was spent" }),
  ],
  seconds: { wall: 1, tasks: 1 },
  warnings: ["one\ntwo"],
};

describe("what a lab found", () => {
  it("is a document of its schema", () => {
    expect(labSchema.parse(result)).toEqual(result);
  });

  it("as text: sizes, what shrank, and what could not be had", () => {
    expect(labText(result, { terminal }).split("\n").slice(3, 12)).toEqual([
      "VARIANT     SIZE              ZSTD        START        PRIVATE 1/2  WARM/COLD BUILD",
      "default  10.0 MB           5.00 MB  4.3 ±0.5 ms  3.00 MB / 1.00 MB     0.5 s / 12 s",
      "-w       4.00 MB  -60.0 %  2.00 MB                                                   dwarf -6.00 MB · no debugger",
      "pie      4.40 MB  -56.0 %  2.20 MB                                                   +10.0 % on -w (relocation +400 kB) · dynamic",
      "upx -1                                                                               UPX refuses it: why",
      "tag a                                                                                does not build: x.go:1:1: \\x1b[31m|evil",
      "tinygo                                                                               needs tinygo: https://tinygo.org",
      "unsafe                                                                               refused: never",
      "late                                                                                 left out: the time budget was spent",
    ]);
    expect(labText(result, { terminal })).toMatch(/\n→ one\n {2}two\n$/);
    expect(labText(result, { terminal, exact: true })).toMatch(/^-w {8}4,000,000/m);
  });

  it("as Markdown, which names cannot break", () => {
    const text = labMarkdown(result);
    expect(text).toMatch(/^### `example\.com\/x` for linux\/amd64\n/);
    expect(text).toMatch(/^\| `-w` \| 4\.00 MB \| -60\.0 % \|/m);
    expect(text).toMatch(/x1b\\\[31m\\\|evil \|$/m);
  });
});
