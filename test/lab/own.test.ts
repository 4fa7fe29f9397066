// Variants of pare.yaml, and what is stored of one.
import { expect, it } from "vitest";
import { readConfig } from "../../src/config/read.ts";
import { withChosen } from "../../src/config/choose.ts";
import { projectSchema } from "../../src/config/schema.ts";
import type { Variant } from "../../src/lab/model.ts";
import { chosenOf, ownVariants } from "../../src/lab/own.ts";
import { type LabFacts, labVariants } from "../../src/lab/variants.ts";

const FACTS: LabFacts = {
  flags: ["-ldflags=-X main.v=1"],
  goflags: "",
  env: {},
  target: { GOOS: "linux", GOARCH: "amd64" },
  host: { GOOS: "linux", GOARCH: "amd64" },
  cgo: true,
  cpu: "v1",
  packages: new Set(["net/http"]),
  vendor: false,
};
const known = labVariants(FACTS);

function own(text: string): Variant[] {
  const { config } = readConfig("pare.yaml", text, projectSchema);
  return ownVariants(new Map(Object.entries(config.lab?.variants ?? {})), known, FACTS);
}

it("adds to what it starts from", () => {
  const [tiny, tinier] = own(`
lab:
  variants:
    tiny: { from: release, tags: [a, b], env: { CGO_ENABLED: 0 }, describe: no a, flags: [-ldflags=-X main.w=2, -gcflags=all=-l] }
    tinier: { from: tiny, tags: [c] }
`);
  expect(tiny).toMatchObject({ name: "tiny", group: "own", from: "release", env: { CGO_ENABLED: "0" }, price: "no a" });
  expect(tiny.flags).toEqual([
    "-trimpath",
    "-buildvcs=false",
    "-tags=a,b",
    "-gcflags=all=-l",
    "-ldflags=-X main.v=1 -s -w -buildid= -X main.w=2",
  ]);
  expect(tinier.from).toBe("tiny");
  expect(tinier.flags).toContain("-tags=a,b,c");
});

it.each([
  ["lab: { variants: { x: { from: nothing } } }", "x starts from nothing, and there is none"],
  ["lab: { variants: { release: {} } }", "the lab has a variant release of its own"],
  ["lab: { variants: { x: { from: upx --best } } }", "that one is packed"],
])("%j is refused", (text, message) => {
  expect(() => own(text)).toThrow(message);
});

it("is stored so that it can be read again", () => {
  for (const variant of known.filter(({ refused }) => refused === undefined)) {
    const chosen = chosenOf(variant, "server");
    const { config } = readConfig("pare.yaml", withChosen("package: .\n", chosen), projectSchema);
    expect(config.chosen, variant.name).toEqual(chosen);
  }
});
