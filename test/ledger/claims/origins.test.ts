import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { profile } from "../../../src/ledger/profile.ts";
import { goBuild } from "../../fixture.ts";

test.each(["amd64", "arm64"])("an argument of inlined code is of its package: %s", (goarch) => {
  const bytes = readFileSync(goBuild({ fixture: "arguments", ldflags: "-s -w", goos: "linux", goarch }));
  const at = bytes.indexOf("MONO glyph");
  const { ledger } = profile(bytes);
  const range = ledger.start.findLastIndex((start) => start <= at);
  expect(ledger.packages.get(ledger.pkg[range])).toBe("fixture/arguments/paint/font");
});
