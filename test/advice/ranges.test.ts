import { expect, test } from "vitest";
import { bytesOf } from "../../src/advice/figures.ts";
import { compareGoVersions, isGoVersion } from "../../src/advice/goversion.ts";
import { matchesPath } from "../../src/advice/patterns.ts";
import { goVersionIn, isGoRange, isVersionRange, versionIn } from "../../src/advice/ranges.ts";

// printed by go/version of Go 1.26
const GO_ORDER =
  "go1 go1.2 go1.9 go1.10 go1.20rc1 go1.20 go1.20.1 go1.21 go1.21rc1 go1.21rc2 go1.21.0 go1.21.1 go1.25.5 go1.26 go1.26beta1 go1.26rc1 go1.26rc10 go1.26.0 go1.26.8 go1.26.10 go1.27-devel_1a2b3c".split(
    " ",
  );

test("versions of Go are ordered as go/version orders them", () => {
  for (const [i, a] of GO_ORDER.entries())
    for (const [j, b] of GO_ORDER.entries())
      expect(Math.sign(compareGoVersions(a, b)), `${a} ${b}`).toBe(Math.sign(i - j));
});

test("what follows a version of Go does not count", () => {
  expect(compareGoVersions("go1.26.8-bigcorp", "1.26.8")).toBe(0);
  expect(compareGoVersions("go1.26.8 X:nodwarf5", "go1.26.8")).toBe(0);
  expect(compareGoVersions("devel go1.27-1a2b3c Thu Jan 1 00:00:00 2026", "go1.27")).toBe(0);
});

test.each(["", "gox", "go1.2.3.4", "go1.26.0rc1", "go01.2", "unknown"])("%j is no version of Go", (text) => {
  expect(isGoVersion(text)).toBe(false);
  expect(compareGoVersions(text, "go1")).toBeLessThan(0);
  expect(compareGoVersions("go1", text)).toBeGreaterThan(0);
});

test.each([
  [">=1.44.0", "v1.44.0", true],
  [">=1.44.0", "v1.43.9", false],
  ["<=1.36.11", "v1.36.12-0.20260101000000-0123456789ab", false],
  ["<1.9.0", "v1.9.0-rc.1", true],
  [">=1.61.3 <=1.62.0", "v1.61.9", true],
  [">=1.61.3 <=1.62.0", "v1.62.1", false],
  ["<1.2.0 || >=2", "v2.0.0+incompatible", true],
  ["<1.2.0 || >=2", "v1.2.0", false],
  ["=1.2", "v1.2.0", true],
  [">1", "(devel)", undefined],
  [">1", "", undefined],
] as const)("%s holds for %s: %s", (range, version, holds) => {
  expect(versionIn(range, version)).toBe(holds);
});

test.each([
  [">=1.26", "go1.26rc1", true],
  [">=1.26", "go1.25.9", false],
  [">=1.21 <1.22", "go1.21.13", true],
  [">=1.21", "", undefined],
] as const)("%s holds for %s: %s", (range, version, holds) => {
  expect(goVersionIn(range, version)).toBe(holds);
});

test.each(["", "1.2.3", ">= 1.2.3", ">=v1.2.3", ">=1.2.3 ||", "~1.2", ">=1.x"])("%j is no range", (range) => {
  expect(isVersionRange(range)).toBe(false);
  expect(isGoRange(range)).toBe(false);
});

test.each([
  ["gopkg.in/yaml", "gopkg.in/yaml", true],
  ["gopkg.in/yaml", "gopkgxin/yaml", false],
  ["github.com/stretchr/testify/...", "github.com/stretchr/testify", true],
  ["github.com/stretchr/testify/...", "github.com/stretchr/testify/assert/yaml", true],
  ["github.com/stretchr/testify/...", "github.com/stretchr/testify2", false],
  ["github.com/aws/aws-sdk-go-v2/service/*", "github.com/aws/aws-sdk-go-v2/service/s3", true],
  ["github.com/aws/aws-sdk-go-v2/service/*", "github.com/aws/aws-sdk-go-v2/service/s3/types", false],
  ["a/*/client", "a/b/client", true],
  ["a/*/client", "a/b/c/client", false],
  ["a+b/(c)", "a+b/(c)", true],
])("pattern %s, path %s: %s", (pattern, path, matches) => {
  expect(matchesPath(pattern, path)).toBe(matches);
});

test.each([
  ["48 MB", 48_000_000],
  ["-521 KB", -521_000],
  ["+1.5 KiB", 1536],
  ["25468606 B", 25_468_606],
  ["1.2 GB", 1_200_000_000],
  ["0.5 GiB", 2 ** 29],
  ["48MB", undefined],
  ["MB", undefined],
  ["48 mb", undefined],
])("%s is %s bytes", (size, bytes) => {
  expect(bytesOf(size)).toBe(bytes);
});
