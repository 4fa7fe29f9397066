import path from "node:path";
import { describe, expect, it } from "vitest";
import { buildCured } from "../../src/toolchain/cured.ts";
import type { MeasureOptions } from "../../src/toolchain/stubs.ts";

const options: MeasureOptions = {
  pkg: "./both",
  cwd: path.join(import.meta.dirname, "../fixtures/reflection"),
  goFlags: ["-buildvcs=false", "-trimpath", "-ldflags=-s -w"],
  env: { GOFLAGS: "", GOENV: "off", GOWORK: "off", CGO_ENABLED: "0" },
  guard: () => () => {},
};

describe("built without reflective calls", () => {
  it("of all functions that have them, elimination is on", async () => {
    const one = await buildCured(["main.main"], options);
    const all = await buildCured(["main.main", "text/template.(*state).evalField"], options);
    if ("reason" in one || "reason" in all) throw new Error("not built");
    expect([one.elimination, all.elimination, all.refused]).toEqual(["off", "on", []]);
    expect(one.size - all.size).toBeGreaterThan(1e6);
  });

  it("says which function has none", async () => {
    const found = await buildCured(["main.main", "text/template.New"], options);
    if ("reason" in found) throw new Error(found.reason);
    expect(found.refused.map(({ name }) => name)).toEqual(["text/template.New"]);
  });
});
