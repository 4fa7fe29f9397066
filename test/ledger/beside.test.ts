// A profile whose parts were partly made elsewhere is the same, range by range, as one that was made in one go.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Beside, makeParts } from "../../src/ledger/beside.ts";
import { type Profile, profile } from "../../src/ledger/profile.ts";
import { rangesTsv } from "../../src/report/ranges.ts";
import { snapshot } from "../../src/ledger/snapshot.ts";
import { inflate } from "../../src/toolchain/inflate.ts";
import { goBuild, type GoOptions } from "../fixture.ts";

const builds: [string, GoOptions][] = [
  ["linux/amd64, stripped", { fixture: "server", ldflags: "-s -w" }],
  [
    "linux/amd64, a package of inlined code alone",
    { fixture: "inlined", pkg: "./closures", flags: ["-trimpath"], ldflags: "-s -w" },
  ],
  ["linux/amd64 with symbols", { fixture: "server" }],
  ["linux/arm64, stripped", { fixture: "server", goarch: "arm64", ldflags: "-s -w" }],
  ["windows/amd64 with symbols", { fixture: "server", goos: "windows" }],
  ["darwin/arm64 with symbols", { fixture: "server", goos: "darwin", goarch: "arm64" }],
  ["js/wasm", { fixture: "server", goos: "js", goarch: "wasm" }],
];

/** The parts as they arrive from another thread: copies. */
function partsOf(bytes: Uint8Array, wantsSymbols = true): Map<string, unknown> {
  const parts = new Map<string, unknown>();
  for (const { part, value } of makeParts(bytes, inflate, () => wantsSymbols)) parts.set(part, structuredClone(value));
  return parts;
}

const handsOut = (parts: ReadonlyMap<string, unknown>): Beside =>
  ((part) => structuredClone(parts.get(part))) as Beside;

const told = (found: Profile): string =>
  JSON.stringify(snapshot(found, { name: "x", sha256: "" }, { symbols: true, memory: true })) +
  [...rangesTsv(found.ledger, (pkg) => pkg)].join("");

describe.each(builds)("%s", (_name, options) => {
  const bytes = new Uint8Array(readFileSync(goBuild(options)));
  const alone = told(profile(bytes, { inflate }));
  const parts = partsOf(bytes);

  test.each(["nothing", ...parts.keys()])("with all parts but %s", (missing) => {
    const asked: string[] = [];
    const beside = ((part) => {
      asked.push(part);
      return part === missing ? undefined : structuredClone(parts.get(part));
    }) as Beside;
    const found = told(profile(bytes, { inflate, beside }));
    expect(asked.sort()).toEqual([...parts.keys()].sort());
    expect(found === alone).toBe(true);
  });

  test("without symbols of packages the sums are the same, and the parts may have them or not", () => {
    const sums = (found: Profile): string => JSON.stringify(snapshot(found, { name: "x", sha256: "" }));
    const whole = profile(bytes, { inflate });
    const named = handsOut(parts);
    for (const beside of [undefined, named, handsOut(partsOf(bytes, false))]) {
      const found = profile(bytes, { inflate, beside, symbols: false });
      expect(sums(found) === sums(whole)).toBe(true);
      const { count, pkg, symbol } = found.ledger;
      expect(count).toBeLessThan(whole.ledger.count);
      if (beside !== named) expect(pkg.some((id, i) => id > 0 && symbol[i] > 0)).toBe(false);
    }
  });
});

test("what is no Go program has no parts, and throws what profile throws", () => {
  expect(() => partsOf(new TextEncoder().encode("no executable at all"))).toThrow(/cannot be read/);
  expect(partsOf(new TextEncoder().encode("!<arch>\n")).size).toBe(0);
});
