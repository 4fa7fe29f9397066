// Recommendations: by measurements alone, with the measured reason for everything that was not taken.
import { describe, expect, it } from "vitest";
import { SCHEMAS } from "../../src/advice/schema.ts";
import { SCENARIOS } from "../../src/advice/scenarios.ts";
import { GROUPS, type LabResult, type LabRow, type Measures, type Variant } from "../../src/lab/model.ts";
import { recommend, type Recommendation, type Speed } from "../../src/lab/recommend.ts";
import { recommendText } from "../../src/report/recommendtext.ts";
import { loadKnowledge } from "../../src/toolchain/knowledge.ts";

const scenarios = loadKnowledge("scenarios");
const HOW = "made up";

interface Made {
  readonly file: number;
  readonly gzip?: number;
  /** Milliseconds, and their spread. */
  readonly start?: readonly [number, number];
  readonly memory?: number;
  readonly build?: number;
  readonly traits?: Measures["traits"];
  readonly more?: Partial<Measures>;
}

const measured = <T>(value: T): { value: T; how: string } => ({ value, how: HOW });
const STRIPPED = {
  panicTrace: measured(true),
  pprof: measured(true),
  debugInfo: measured(false),
  aslr: measured(false),
};

function row(
  name: string,
  group: Variant["group"],
  from: string | null,
  made: Made,
  more: Partial<Variant> = {},
): LabRow {
  const { file, gzip, start, memory, build, traits = {} } = made;
  return {
    variant: { name, group, tool: "go", flags: [], env: {}, from, price: `the price of ${name}`, ...more },
    outcome: { state: "built" },
    measures: {
      fileBytes: measured(file),
      ...(gzip === undefined ? {} : { download: measured({ gzip }) }),
      ...(start
        ? { start: measured({ medianMs: start[0], spreadMs: start[1], runs: 15, readiness: "exit", allMs: [] }) }
        : {}),
      ...(memory === undefined ? {} : { memory: measured({ one: { privateBytes: memory, sharedBytes: 0 } }) }),
      ...(build === undefined ? {} : { build: measured({ warmSeconds: build }) }),
      traits: { ...STRIPPED, libraries: measured<string[]>([]), ...traits },
      ...made.more,
    },
    command: `go build # ${name}`,
    notes: [],
  };
}

function result(...rows: LabRow[]): LabResult {
  return {
    schema: "pare.lab/1",
    subject: "example.com/x",
    target: "linux/amd64",
    goVersion: "go1.26.8",
    machine: { host: "linux/amd64", cpu: "", cores: 2, memoryBytes: 1 },
    asked: { measure: "all", inTime: true },
    rows,
    seconds: { wall: 1, tasks: 1 },
    warnings: [],
  };
}

const DEBUG = { traits: { debugInfo: measured(true) } };
const libc = { libraries: measured(["libc.so.6"]) };
const rows = [
  row("default", "release", null, {
    file: 100e6,
    gzip: 50e6,
    start: [20, 1],
    memory: 20e6,
    build: 2,
    ...DEBUG,
    traits: { ...DEBUG.traits, ...libc },
  }),
  row("release", "release", "default", {
    file: 70e6,
    gzip: 30e6,
    start: [20, 1],
    memory: 20e6,
    build: 3,
    traits: libc,
  }),
  row("CGO_ENABLED=0", "cgo", "release", { file: 69e6, gzip: 29e6, start: [18, 1], memory: 19e6, build: 3 }),
  row("CGO_ENABLED=0 pie", "pie", "CGO_ENABLED=0", {
    file: 76e6,
    gzip: 31e6,
    start: [19, 1],
    memory: 21e6,
    build: 3,
    traits: { aslr: measured(true), interpreter: measured("/lib64/ld.so") },
  }),
  row("GOAMD64=v3", "cpu", "release", { file: 68e6, gzip: 29e6, start: [20, 1], memory: 20e6, build: 3 }),
  row("upx --best", "upx", "release", { file: 25.2e6, gzip: 29.1e6, start: [112, 3], memory: 51e6, build: 60 }),
  row(
    "no bounds checks",
    "unsafe",
    "release",
    { file: 60e6, gzip: 20e6, start: [20, 1], memory: 20e6 },
    { unsafe: "corrupts memory" },
  ),
  row(
    "js/wasm",
    "wasm",
    "release",
    { file: 90e6, gzip: 20e6, more: { download: measured({ gzip: 20e6, brotli: 15e6 }) } },
    {
      target: { GOOS: "js", GOARCH: "wasm" },
    },
  ),
  {
    ...row("tinygo", "tinygo", "default", { file: 1 }),
    outcome: { state: "failed", reason: "net/http is missing", output: "" },
  } as LabRow,
];

function ask(id: string, from = result(...rows), speeds?: ReadonlyMap<string, Speed>): Recommendation {
  return recommend(
    from,
    scenarios.find((each) => each.id === id)!,
    speeds,
  );
}

const reason = ({ rejected }: Recommendation, variant: string): string =>
  rejected.find((each) => each.variant === variant)!.reason;

describe("winners", () => {
  it.each([
    ["server", "CGO_ENABLED=0 pie"],
    ["serverless", "CGO_ENABLED=0"],
    ["cli", "CGO_ENABLED=0"],
    ["size", "upx --best"],
    // a quarter of the flash for two and a half times the memory
    ["embedded", "CGO_ENABLED=0"],
    ["wasm", "js/wasm"],
    ["development", "default"],
  ])("%s: %s", (id, winner) => {
    expect(ask(id).winner?.variant).toBe(winner);
  });

  it("take another processor only for a measured gain", () => {
    const without = result(
      ...rows.filter(({ variant }) => variant.name !== "CGO_ENABLED=0" && variant.group !== "pie"),
    );
    expect(ask("serverless", without).winner?.variant).toBe("release");
    expect(ask("serverless", without, new Map([["GOAMD64=v3", "faster"]])).winner?.variant).toBe("GOAMD64=v3");
    expect(ask("serverless", without, new Map([["GOAMD64=v3", "no difference"]])).winner?.variant).toBe("release");
  });

  it("are not decided by noise", () => {
    const a = row("release", "release", "default", { file: 70e6, gzip: 30e6, start: [20, 2] });
    const b = row("other", "own", "release", { file: 70e6, gzip: 30e6, start: [17, 2] });
    expect(ask("serverless", result(rows[0], a, b)).winner?.variant).toBe("release");
    const c = row("other", "own", "release", { file: 70e6, gzip: 30e6, start: [10, 2] });
    expect(ask("serverless", result(rows[0], a, c)).winner?.variant).toBe("other");
  });

  it("must run, pass their tests and name functions", () => {
    const broken = (more: Partial<Measures>): string | undefined =>
      ask(
        "cli",
        result(
          ...rows.map((each) =>
            each.variant.name === "CGO_ENABLED=0" ? { ...each, measures: { ...each.measures, ...more } } : each,
          ),
        ),
      ).winner?.variant;
    expect(broken({ alive: measured(false) })).toBe("release");
    expect(broken({ tests: measured(false) })).toBe("release");
    expect(broken({ traits: { ...STRIPPED, panicTrace: measured(false) } })).toBe("release");
  });
});

describe("memory", () => {
  it("is that of each of two processes, where both were measured", () => {
    const resident = (privateBytes: number): { privateBytes: number; sharedBytes: number } => ({
      privateBytes,
      sharedBytes: 0,
    });
    const memory = (one: number, two: number): Partial<Measures> => ({
      memory: measured({ one: resident(one), two: resident(two) }),
    });
    const plain = row("release", "release", null, { file: 70e6, gzip: 30e6, more: memory(11e6, 1.5e6) });
    const packed = row("upx -1", "upx", "release", { file: 30e6, gzip: 31e6, more: memory(13e6, 13e6) });
    const { winner, rejected } = ask("server", result(plain, packed));
    expect(winner?.variant).toBe("release");
    expect(rejected[0].differences.find(({ measure }) => measure === "private")?.delta).toBe(11.5e6);
  });
});

describe("reasons", () => {
  it("are measured for each that was rejected", () => {
    const lines = recommendText(ask("server"), { colour: false, width: 100, cut: false }, true);
    expect(lines[0]).toBe(
      "production server: CGO_ENABLED=0 pie  -24 % on disk, -38 % as a pulled layer (gzip), +1.00 MB private memory, +1.0 s warm build",
    );
    expect(lines[1]).toBe("  go build # CGO_ENABLED=0 pie");
    expect(lines[2]).toBe(
      "  costs: the price of CGO_ENABLED=0 pie; the price of CGO_ENABLED=0; the price of release; no debugger; traces and pprof stay; needs /lib64/ld.so where it runs: an image from scratch has none",
    );
    expect(lines.find((line) => line.includes("upx --best"))).toBe(
      "  upx --best        -67 % on disk, -6.1 % as a pulled layer (gzip), +93 ms start, +30.0 MB private memory, +57.0 s warm build; layers are compressed anyway; the program is unpacked into memory that is never shared",
    );
    // only images are pulled
    const cli = recommendText(ask("cli"), { colour: false, width: 100, cut: false }, true);
    expect(cli[0]).toContain("-42 % compressed (gzip)");
    expect(lines.find((line) => line.includes("tinygo"))).toContain("net/http is missing");
  });

  it("say which rule it was", () => {
    const server = ask("server");
    expect(reason(server, "CGO_ENABLED=0")).toMatch(/^its addresses are fixed: an attacker/);
    expect(reason(server, "release")).toMatch(/^it needs a C library: the image/);
    expect(reason(server, "default")).toMatch(/^it carries debug information: /);
    expect(reason(ask("development"), "release")).toMatch(/^no debug information: /);
    expect(reason(server, "no bounds checks")).toBe("corrupts memory");
    expect(reason(server, "js/wasm")).toBe("for js/wasm");
    expect(server.rejected.map(({ variant }) => variant)).toEqual(
      rows.map(({ variant }) => variant.name).filter((name) => name !== "CGO_ENABLED=0 pie"),
    );
  });

  it("name what was not measured, and decide by the rest", () => {
    const sizes: LabResult = {
      ...result(
        row("default", "release", null, { file: 100, gzip: 50, ...DEBUG }),
        row("release", "release", "default", { file: 70, gzip: 30 }),
      ),
      asked: { measure: "size", inTime: true },
    };
    const serverless = ask("serverless", sizes);
    expect(serverless.winner?.variant).toBe("release");
    expect(serverless.decidedBy).toEqual([{ measure: "gzip", weight: 0.5 }]);
    expect(serverless.missing).toEqual([{ measure: "start", get: "run with --measure start" }]);
    const development = ask("development", sizes);
    expect(development.winner).toBeNull();
    expect(recommendText(development, { colour: false, width: 100, cut: false }, true)).toEqual([
      "development: warm build: not measured, run with --measure build",
    ]);
    // what was asked for is not advised again
    const get = (measure: LabResult["asked"]["measure"], inTime: boolean): string[] =>
      ask("serverless", { ...sizes, asked: { measure, inTime } }).missing.map((each) => each.get);
    expect(get("start", false)).toEqual(["the time budget was spent (--time-budget)"]);
    expect(get("build", false)).toEqual(["run with --measure start"]);
    expect(get("all", true)).toEqual(["it needs a program that starts (--run, --ready)"]);
    // more time would not make it keep running
    const ends = result(row("release", "release", null, { file: 70, gzip: 30, start: [9, 1] }));
    const server = ask("server", { ...ends, asked: { measure: "all", inTime: false } });
    expect(server.missing).toEqual([
      { measure: "private", get: "it needs a program that keeps running (--run, --ready)" },
    ]);
  });

  it("say that there is none to choose from", () => {
    const wasm = ask("wasm", result(rows[0], rows[1]));
    expect(recommendText(wasm, { colour: false, width: 100, cut: false }, true)).toEqual([
      "WebAssembly: no variant is WebAssembly, --only '*/wasm' builds some",
    ]);
  });

  it("pass over a variant that lacks what decides", () => {
    const half = row("half", "own", "release", { file: 1, gzip: 1 });
    const { winner, rejected } = ask("serverless", result(...rows, half));
    expect(winner?.variant).toBe("CGO_ENABLED=0");
    expect(rejected.at(-1)).toMatchObject({ variant: "half", by: "unmeasured" });
  });
});

it("speaks of the same scenarios and groups everywhere", () => {
  expect(scenarios.map(({ id }) => id)).toEqual([...SCENARIOS]);
  const parsed = SCHEMAS.scenarios.parse(scenarios);
  const excluded = parsed.flatMap(({ rules }) => rules.flatMap((rule) => ("exclude" in rule ? [rule.exclude] : [])));
  expect(excluded.filter((group) => !(GROUPS as readonly string[]).includes(group))).toEqual([]);
  for (const { id, minimise } of parsed)
    expect(
      minimise.reduce((sum, { weight }) => sum + weight, 0),
      id,
    ).toBeCloseTo(1, 9);
});
