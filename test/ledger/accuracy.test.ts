// The bars of ownership, on a program small enough for every run; bench/accuracy.ts measures the large ones.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { profile } from "../../src/ledger/profile.ts";
import { type GoOptions, oracleDump } from "../fixture.ts";
import { readTruth, score } from "../oracle/truth.ts";

/** Shares of the tracked bytes, and of those in dictionaries. */
async function measure(
  options: GoOptions,
): Promise<{ strict: number; lenient: number; tracked: number; dictionaries: number }> {
  const { executable, dump } = oracleDump(options);
  const bytes = readFileSync(executable);
  const { ledger, exe } = profile(bytes);
  const { tracked, strict, lenient, byCategory } = score(ledger, exe, await readTruth(dump));
  const dict = byCategory.get("dict");
  return {
    strict: strict / tracked,
    lenient: lenient / tracked,
    tracked: tracked / bytes.length,
    dictionaries: dict ? dict.strict / dict.tracked : 0,
  };
}

it.each([
  ["server", "amd64"],
  ["server", "arm64"],
  // in small programs the variables of packages without code weigh most, and the dictionaries of the standard library
  ["hello", "amd64"],
] as const)(
  "%s, stripped, for %s: the linker agrees on 98.5 % strictly, on 99.3 % leniently",
  async (fixture, goarch) => {
    const found = await measure({ fixture, ldflags: "-s -w", goos: "linux", goarch });
    expect(found.tracked).toBeGreaterThan(0.7);
    expect(found.strict).toBeGreaterThanOrEqual(0.985);
    expect(found.lenient).toBeGreaterThanOrEqual(0.993);
    // the linker files them under whoever instantiates
    expect(found.dictionaries).toBeGreaterThan(0.5);
  },
);

it("a file with symbols: 99.7 % leniently", async () => {
  const found = await measure({ fixture: "server", goos: "linux", goarch: "amd64" });
  expect(found.lenient).toBeGreaterThanOrEqual(0.997);
});
