// Versions of Go itself: "1.21" < "1.21rc1" < "1.21.0" < "1.21.1". Follows GOROOT/src/internal/gover/gover.go.
import { compareNumbers } from "./semver.ts";

const NUMBER = "(0|[1-9][0-9]*)";
// "-suffix" and " X:experiment" follow the version of a vendor's or an experimental toolchain
const FORM = new RegExp(`^(?:go)?${NUMBER}(?:\\.${NUMBER}(?:\\.${NUMBER}|(alpha|beta|rc)${NUMBER})?)?(?=$|[- ])`);
const KINDS = ["", "alpha", "beta", "rc"];

/** Major, minor, patch ("": none), place in KINDS, number of the prerelease. */
type Parts = readonly [string, string, string, number, string];

function parse(version: string): Parts | undefined {
  // "devel go1.27-1a2b3c Thu Jan …" is on its way to 1.27: taken for the language version
  const match = FORM.exec(version.replace(/^devel +/, ""));
  if (match === null) return undefined;
  const [, major, minor, patch, kind = "", prerelease = ""] = match;
  if (minor === undefined) return [major, "0", "0", 0, ""];
  // "1.20" was a release; since 1.21 "1.21" is the language, which comes before its prereleases
  const release = kind === "" && compareNumbers(minor, "21") < 0 ? "0" : "";
  return [major, minor, patch ?? release, KINDS.indexOf(kind), prerelease];
}

export function isGoVersion(version: string): boolean {
  return parse(version) !== undefined;
}

/** Negative, 0 or positive; "go" in front does not matter. What is no version comes first. */
export function compareGoVersions(a: string, b: string): number {
  const left = parse(a);
  const right = parse(b);
  if (left === undefined || right === undefined) return Number(left !== undefined) - Number(right !== undefined);
  return (
    compareNumbers(left[0], right[0]) ||
    compareNumbers(left[1], right[1]) ||
    compareNumbers(left[2], right[2]) ||
    left[3] - right[3] ||
    compareNumbers(left[4], right[4])
  );
}
