import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { profile } from "../../../src/ledger/profile.ts";
import { goBuild } from "../../fixture.ts";

describe.each(["amd64", "arm64"])("in a stripped program for %s", (goarch) => {
  /** The package of a string that some bytes of the file are in. */
  function ownerOf(content: string, pkg: string): string {
    const bytes = readFileSync(
      goBuild({ fixture: "inlined", pkg, ldflags: "-s -w", flags: ["-trimpath"], goos: "linux", goarch }),
    );
    const { ledger } = profile(bytes);
    const at = bytes.indexOf(content);
    expect(at).toBeGreaterThan(0);
    return ledger.packages.get(ledger.pkg[ledger.start.findLastIndex((start) => start <= at)]);
  }

  test("an argument of inlined code is of its package", () => {
    expect(ownerOf("MONO glyph", ".")).toBe("fixture/inlined/paint/font");
  });

  test("what an inlined closure refers to is of the package that its source is in", () => {
    expect(ownerOf("ROOTSroot", "./closures")).toBe("fixture.test/roots/bundle");
  });
});
