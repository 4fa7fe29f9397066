// Bytes of debug information by package, to the byte, against what Go's debug/dwarf reads (test/fixtures/dwarfshares).
import { execFileSync } from "node:child_process";
import { beforeAll, describe, expect, test } from "vitest";
import type { Section } from "../../../src/binary/executable.ts";
import { debugName } from "../../../src/ledger/claims/dwarf.ts";
import { Places } from "../../../src/ledger/claims/places.ts";
import type { Profile } from "../../../src/ledger/profile.ts";
import { goBuild, type GoOptions } from "../../fixture.ts";
import { byPackage, debugSections, profileFile, type Row, rows } from "./rest.ts";

const features: GoOptions = { fixture: "features", ldflags: "-compressdwarf=false" };

/** DWARF 5 and 4, all object formats, both byte orders and word sizes, and C beside Go. */
const builds: readonly [string, GoOptions][] = [
  ["linux/amd64", { ...features, goos: "linux", goarch: "amd64" }],
  ["linux/s390x", { ...features, goos: "linux", goarch: "s390x" }],
  ["linux/386", { ...features, goos: "linux", goarch: "386" }],
  ["windows/amd64", { ...features, goos: "windows", goarch: "amd64" }],
  ["darwin/arm64", { ...features, goos: "darwin", goarch: "arm64" }],
  ["Go 1.24", { ...features, goos: "linux", goarch: "amd64", toolchain: "go1.24.12" }],
  ["Go 1.18", { ...features, fixture: "tiny", goos: "linux", goarch: "amd64", toolchain: "go1.18.10" }],
  [
    "cgo",
    {
      ...features,
      fixture: "cgo",
      ldflags: `${features.ldflags} -linkmode=external`,
      env: { CGO_ENABLED: "1", CGO_CFLAGS: "-g -O2 -gdwarf-5" },
    },
  ],
  [
    "cgo, DWARF 4",
    {
      ...features,
      fixture: "cgo",
      ldflags: `${features.ldflags} -linkmode=external`,
      env: { CGO_ENABLED: "1", CGO_CFLAGS: "-g -O2 -gdwarf-4", GOEXPERIMENT: "nodwarf5" },
    },
  ],
];

/** Which sections the oracle's offsets lead into. */
const SECTIONS: Readonly<Record<string, RegExp>> = {
  info: /^info$/,
  line: /^line$/,
  ranges: /^r(?:anges|nglists)$/,
  locations: /^loc(?:lists)?$/,
  addresses: /^addr$/,
};

interface Oracle {
  /** Package of each unit. */
  readonly units: readonly string[];
  /** By section: offsets and the units that name them. */
  readonly marks: ReadonlyMap<string, readonly (readonly [at: number, unit: number])[]>;
  /** Entries of .debug_frame; pc is -1 for what they share. */
  readonly frames: readonly (readonly [at: number, pc: number])[];
}

function ask(file: string): Oracle {
  const units: string[] = [];
  const marks = new Map<string, [number, number][]>(Object.keys(SECTIONS).map((name) => [name, []]));
  const frames: [number, number][] = [];
  const program = goBuild({ fixture: "dwarfshares" });
  for (const line of execFileSync(program, [file], { encoding: "utf8", maxBuffer: 1 << 28 }).split("\n")) {
    const [what, a, b, language, name] = line.split("\t");
    if (what === "unit") {
      // DW_LANG_Go
      units.push(language === "22" ? (JSON.parse(name) as string) : "C");
      marks.get("info")!.push([Number(b), Number(a)]);
    } else if (what === "frame") frames.push([Number(a), Number(b)]);
    else marks.get(what)?.push([Number(b), Number(a)]);
  }
  return { units, marks, frames };
}

/** Bytes of a section by package, as the units' offsets divide it; what stands in front of the first goes with that. */
function divided({ units, marks }: Oracle, name: string, size: number): Map<string, number> {
  const sorted = [...marks.get(name)!].sort((a, b) => a[0] - b[0]);
  const out = new Map<string, number>();
  for (const [i, [at, unit]] of sorted.entries()) {
    const bytes = (sorted[i + 1]?.[0] ?? size) - (i === 0 ? 0 : at);
    out.set(units[unit], (out.get(units[unit]) ?? 0) + bytes);
  }
  return out;
}

/** Bytes that two divisions of the same section disagree about. */
function disagreement(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const key of new Set([...a.keys(), ...b.keys()])) sum += Math.abs((a.get(key) ?? 0) - (b.get(key) ?? 0));
  return sum / 2;
}

describe.each(builds)("%s", (_name, options) => {
  let found: Profile;
  let oracle: Oracle;
  beforeAll(() => {
    const file = goBuild(options);
    found = profileFile(file);
    oracle = ask(file);
  });
  const shares = (s: Section): Map<string, number> => byPackage(rows(found.ledger, s.offset, s.offset + s.fileSize));

  /** The ledger's ranges of .debug_info, each with the package of its unit. */
  const unitRows = (s: Section): (Row & { unit: string })[] => {
    const sorted = [...oracle.marks.get("info")!].sort((a, b) => a[0] - b[0]);
    return sorted.flatMap(([at, unit], i) =>
      rows(found.ledger, s.offset + at, s.offset + (sorted[i + 1]?.[0] ?? s.fileSize)).map((r) => ({
        ...r,
        unit: oracle.units[unit],
      })),
    );
  };

  test.each(Object.entries(SECTIONS))("%s", (name, pattern) => {
    const section = debugSections(found.exe).find((s) => pattern.test(debugName(s) ?? ""));
    // before Go 1.25 there was no .debug_addr
    if (!section && name === "addresses") return expect(oracle.marks.get(name)).toEqual([]);
    expect(section?.compressed).toBeUndefined();
    expect(oracle.marks.get(name)!.length).toBeGreaterThan(9);
    // gcc and clang put some lists of a unit in front of the one that the unit itself names
    const tolerance = options.fixture === "cgo" ? section!.fileSize / 1000 : 0;
    const expected = divided(oracle, name, section!.fileSize);
    let own = shares(section!);
    if (name === "info") {
      // the types of the whole program stand in the runtime's units, where units do not tell whose bytes are
      expected.delete("runtime");
      own = byPackage(unitRows(section!).filter((r) => r.unit !== "runtime"));
    }
    expect(disagreement(expected, own)).toBeLessThanOrEqual(tolerance);
  });

  test("call frames follow their functions", () => {
    const { exe, ledger } = found;
    const section = debugSections(exe).find((s) => debugName(s) === "frame")!;
    const places = new Places(ledger, exe.regions);
    let owned = 0;
    const wrong: string[] = [];
    for (const [at, pc] of oracle.frames) {
      const code = pc < 0 ? -1 : places.owned(pc - exe.imageBase);
      const expected = code < 0 ? "" : ledger.packages.get(ledger.pkg[code]);
      const [row] = rows(ledger, section.offset + at, section.offset + at + 4);
      if (row.pkg !== expected) wrong.push(`${at}: ${row.pkg}, not ${expected}`);
      if (expected !== "") owned++;
    }
    expect(wrong).toEqual([]);
    expect(owned).toBeGreaterThan(0.95 * oracle.frames.length);
  });
});
