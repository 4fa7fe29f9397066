// Ranges of versions as the knowledge files write them: ">=1.44.0 <1.61.3 || >1.62.0"; a blank means and.
import { compareGoVersions, isGoVersion } from "./goversion.ts";
import { compareVersions, isVersion } from "./semver.ts";

const TERM = /^(>=|<=|>|<|=)([^<>=|\s]+)$/;

const TEST: Record<string, (order: number) => boolean> = {
  ">=": (order) => order >= 0,
  "<=": (order) => order <= 0,
  ">": (order) => order > 0,
  "<": (order) => order < 0,
  "=": (order) => order === 0,
};

/** How one kind of version is read and compared. */
interface Order {
  isVersion(version: string): boolean;
  compare(a: string, b: string): number;
  /** A version as a range writes it → as it is compared. */
  written(version: string): string;
}

const MODULES: Order = {
  isVersion,
  compare: compareVersions,
  // written without "v", as programmers say it
  written: (version) => `v${version}`,
};

const GO: Order = { isVersion: isGoVersion, compare: compareGoVersions, written: (version) => version };

function holds(range: string, version: string, order: Order): boolean | undefined {
  if (!order.isVersion(version)) return undefined;
  return range.split("||").some((all) =>
    all
      .trim()
      .split(/\s+/)
      .every((term) => {
        const [, sign, bound] = TERM.exec(term) ?? [];
        return sign !== undefined && TEST[sign](order.compare(version, order.written(bound)));
      }),
  );
}

function isRange(range: string, order: Order): boolean {
  return range.split("||").every((all) =>
    all
      .trim()
      .split(/\s+/)
      .every((term) => {
        const match = TERM.exec(term);
        return match !== null && order.isVersion(order.written(match[2]));
      }),
  );
}

/** Whether a module's version is in a range; undefined if it is none ("", "(devel)"). */
export function versionIn(range: string, version: string): boolean | undefined {
  return holds(range, version, MODULES);
}

/** Whether a version of Go is in a range; undefined if it is none. */
export function goVersionIn(range: string, version: string): boolean | undefined {
  return holds(range, version, GO);
}

export function isVersionRange(range: string): boolean {
  return isRange(range, MODULES);
}

export function isGoRange(range: string): boolean {
  return isRange(range, GO);
}
