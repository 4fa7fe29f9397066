import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { methodElimination } from "../../../src/binary/go/elimination.ts";
import type { TypeTable } from "../../../src/binary/go/types.ts";
import { profile } from "../../../src/ledger/profile.ts";
import { type GoSettings, goBuild } from "../../fixture.ts";

const TARGETS: readonly GoSettings[] = [
  { goos: "linux", goarch: "amd64" },
  { goos: "linux", goarch: "arm64", flags: ["-buildmode=pie"] },
  { goos: "windows", goarch: "amd64" },
  { goos: "darwin", goarch: "arm64" },
  { goos: "js", goarch: "wasm" },
  { goos: "linux", goarch: "amd64", toolchain: "go1.22.12" },
];

const said = (pkg: string, settings: GoSettings): string | undefined => {
  const file = goBuild({ fixture: "reflection", pkg: `./${pkg}`, ldflags: "-s -w", ...settings });
  return profile(readFileSync(file)).methodElimination;
};

describe("the method tables of a stripped file tell whether methods were eliminated", () => {
  it.each(TARGETS.map((s) => [`${s.goos}/${s.goarch} ${s.toolchain ?? "this Go"}`, s] as const))(
    "%s",
    (_, settings) => {
      expect([said("byname", settings), said("fixed", settings)]).toEqual(["off", "on"]);
    },
  );
});

describe("what they tell", () => {
  const table = (rows: readonly (readonly [exported: number, kept: number])[]): TypeTable =>
    ({
      exportedMethods: Uint32Array.from(rows, ([exported]) => exported),
      keptMethods: Uint32Array.from(rows, ([, kept]) => kept),
    }) as Partial<TypeTable> as TypeTable;
  const judge = (...rows: (readonly [number, number])[]): string | undefined =>
    methodElimination(table(rows), rows.keys());

  it("is on if types lack some methods, off if none does", () => {
    expect(judge([2, 1])).toBe("on");
    expect(judge([9, 9], [8, 8])).toBe("off");
    expect(judge([9, 9], [8, 8], [8, 4])).toBe("on");
  });

  it("is nothing if there are too few, or they disagree", () => {
    expect(judge()).toBeUndefined();
    expect(judge([2, 2])).toBeUndefined();
    expect(judge(...Array.from({ length: 19 }, () => [2, 2] as const), [2, 1])).toBeUndefined();
  });

  it("does not count types with one method, or without any, nor any type twice", () => {
    expect(judge([1, 0], [3, 0], [20, 20])).toBe("off");
    const types = table([[2, 1], ...Array.from({ length: 40 }, () => [2, 2] as const)]);
    expect(methodElimination(types, [...Array.from({ length: 41 }, (_, i) => i), 0, 0, 0, 0, 0, 0, -1])).toBe("off");
  });
});
