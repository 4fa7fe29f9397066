// Versions of Go modules: comparison and major suffixes. Follows the rules of golang.org/x/mod/semver and golang.org/x/mod/module.

interface Version {
  readonly numbers: readonly [string, string, string];
  /** Identifiers after "-"; empty for a release. */
  readonly prerelease: readonly string[];
}

const NUMBER = "(0|[1-9][0-9]*)";
const WORD = "[0-9A-Za-z-]+";
const FORM = new RegExp(
  `^v${NUMBER}(?:\\.${NUMBER}(?:\\.${NUMBER}(?:-(${WORD}(?:\\.${WORD})*))?(?:\\+${WORD}(?:\\.${WORD})*)?)?)?$`,
);

function parse(version: string): Version | undefined {
  const match = FORM.exec(version);
  if (match === null) return undefined;
  const [, major, minor = "0", patch = "0", prerelease] = match;
  const words = prerelease === undefined ? [] : prerelease.split(".");
  // a number in a prerelease has no leading zero
  if (words.some((word) => /^0[0-9]+$/.test(word))) return undefined;
  return { numbers: [major, minor, patch], prerelease: words };
}

export function isVersion(version: string): boolean {
  return parse(version) !== undefined;
}

/**
 * Negative, 0 or positive, as semver.Compare: what is no version ("", "(devel)") comes before all that are; build metadata
 * ("+incompatible") does not count; a pseudo-version is a prerelease like others.
 */
export function compareVersions(a: string, b: string): number {
  const left = parse(a);
  const right = parse(b);
  if (left === undefined || right === undefined) return Number(left !== undefined) - Number(right !== undefined);
  for (let i = 0; i < 3; i++) {
    const order = compareNumbers(left.numbers[i], right.numbers[i]);
    if (order !== 0) return order;
  }
  return comparePrereleases(left.prerelease, right.prerelease);
}

/** Compares digits of any length; no leading zeros. */
export function compareNumbers(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return compareText(a, b);
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function comparePrereleases(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return Number(a.length === 0) - Number(b.length === 0);
  for (let i = 0; i < a.length && i < b.length; i++) {
    const numbers = [a[i], b[i]].map((word) => /^[0-9]+$/.test(word));
    const order =
      numbers[0] !== numbers[1]
        ? Number(numbers[1]) - Number(numbers[0])
        : numbers[0]
          ? compareNumbers(a[i], b[i])
          : compareText(a[i], b[i]);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/**
 * A module's path without its major: "github.com/urfave/cli/v2" and "gopkg.in/yaml.v3" are majors of "github.com/urfave/cli" and
 * "gopkg.in/yaml". Follows module.SplitPathVersion.
 */
export function withoutMajor(path: string): string {
  return /^gopkg\.in\//.test(path)
    ? path.replace(/\.v(?:0|[1-9][0-9]*)(?:-unstable)?$/, "")
    : path.replace(/\/v(?:[2-9]|[1-9][0-9]+)$/, "");
}
