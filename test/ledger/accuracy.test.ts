// The bars of ownership, on a program small enough for every run; bench/accuracy.ts measures the large ones.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { profile } from "../../src/ledger/profile.ts";
import { type GoOptions, oracleDump } from "../fixture.ts";
import { readTruth, score } from "../oracle/truth.ts";

async function measure(options: GoOptions): Promise<{ strict: number; lenient: number; tracked: number }> {
  const { executable, dump } = oracleDump(options);
  const bytes = readFileSync(executable);
  const { ledger, exe } = profile(bytes);
  const { tracked, strict, lenient } = score(ledger, exe, await readTruth(dump));
  return { strict: strict / tracked, lenient: lenient / tracked, tracked: tracked / bytes.length };
}

it.each(["amd64", "arm64"])(
  "a stripped file for %s: the linker agrees on 98.5 % strictly, on 99.3 % leniently",
  async (goarch) => {
    const found = await measure({ fixture: "server", ldflags: "-s -w", goos: "linux", goarch });
    expect(found.tracked).toBeGreaterThan(0.7);
    expect(found.strict).toBeGreaterThanOrEqual(0.985);
    expect(found.lenient).toBeGreaterThanOrEqual(0.993);
  },
);

it("a file with symbols: 99.7 % leniently", async () => {
  const found = await measure({ fixture: "server", goos: "linux", goarch: "amd64" });
  expect(found.lenient).toBeGreaterThanOrEqual(0.997);
});
