// Tables printed by golang.org/x/mod 0.41.0 (semver.Compare, semver.IsValid, module.SplitPathVersion).
import fc from "fast-check";
import { expect, test } from "vitest";
import { compareVersions, isVersion, withoutMajor } from "../../src/advice/semver.ts";

/** Ascending; a line's versions are equal. */
const ORDER = `
  v0.0.0-20191109021931-daa7c04131f5
  v0.0.0-20200101000000-0123456789ab
  v1.0.0-0.3.7
  v1.0.0-x.7.z.92
  v1 v1.0 v1.0.0 v1.0.0+incompatible
  v1.2
  v1.2.3-0.20200101000000-abcdefabcdef
  v1.2.3-1
  v1.2.3-2
  v1.2.3-10
  v1.2.3--
  v1.2.3-A
  v1.2.3-a
  v1.2.3-alpha
  v1.2.3-alpha.1
  v1.2.3-alpha.beta
  v1.2.3-beta
  v1.2.3-beta.2
  v1.2.3-beta.11
  v1.2.3-rc.1
  v1.2.3 v1.2.3+meta
  v1.36.9
  v1.36.11
  v1.36.12-0.20260120151049-f2248ac996af
  v1.36.12
  v2.0.0-pre+incompatible
  v2.0.0+incompatible
  v10.0.0
  v99999999999999999999.0.0`
  .trim()
  .split("\n")
  .map((line) => line.trim().split(" "));

const ranked = ORDER.flatMap((equals, rank) => equals.map((version) => ({ version, rank })));
const INVALID = [
  "",
  "(devel)",
  "1.2.3",
  "v01.2.3",
  "v1.2.3-01",
  "v1.2.3-",
  "v1.2.3+",
  "v1.2.3.4",
  "v1.2-pre",
  "vx",
  "v",
];

test("versions are ordered as golang.org/x/mod/semver orders them", () => {
  for (const a of ranked) {
    for (const b of ranked) {
      const order = Math.sign(compareVersions(a.version, b.version));
      expect(order, `${a.version} ${b.version}`).toBe(Math.sign(a.rank - b.rank));
    }
  }
});

test.each(INVALID)("%j is no version and comes before all that are", (text) => {
  expect(isVersion(text)).toBe(false);
  expect(compareVersions(text, "v0.0.0-0")).toBeLessThan(0);
  expect(compareVersions("v0.0.0-0", text)).toBeGreaterThan(0);
  expect(compareVersions(text, "also none")).toBe(0);
});

test("whatever the texts are, the order is one", () => {
  const word = fc.constantFrom("0", "1", "10", "a", "A", "-", "alpha");
  const text = fc.tuple(fc.nat(12), fc.nat(3), fc.array(word, { maxLength: 3 })).map(([major, minor, words]) => {
    const prerelease = words.length > 0 ? `-${words.join(".")}` : "";
    return `v${major}.${minor}.0${prerelease}`;
  });
  fc.assert(
    fc.property(text, text, text, (a, b, c) => {
      expect(Math.sign(compareVersions(a, b))).toBe(-Math.sign(compareVersions(b, a)) || 0);
      if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0)
        expect(compareVersions(a, c)).toBeLessThanOrEqual(0);
    }),
  );
});

test.each([
  ["github.com/urfave/cli", "github.com/urfave/cli"],
  ["github.com/urfave/cli/v2", "github.com/urfave/cli"],
  ["github.com/urfave/cli/v10", "github.com/urfave/cli"],
  ["gopkg.in/yaml.v3", "gopkg.in/yaml"],
  ["gopkg.in/yaml.v2-unstable", "gopkg.in/yaml"],
  ["gopkg.in/yaml.v0", "gopkg.in/yaml"],
  ["gopkg.in/src-d/go-git.v4", "gopkg.in/src-d/go-git"],
  ["example.com/v2", "example.com"],
  ["go.yaml.in/yaml/v4", "go.yaml.in/yaml"],
  ["github.com/aws/aws-sdk-go-v2", "github.com/aws/aws-sdk-go-v2"],
  ["example.com/gopkg.in/yaml.v2", "example.com/gopkg.in/yaml.v2"],
  // no module may have these paths
  ["k8s.io/api/v1", "k8s.io/api/v1"],
  ["example.com/m/v02", "example.com/m/v02"],
])("%s without its major is %s", (path, name) => {
  expect(withoutMajor(path)).toBe(name);
});
