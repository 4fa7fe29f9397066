// What the lab knows of one program: variants, what became of each, and what was measured. Plain JSON: schema pare.lab/1 (schema.ts).
import type { KindBytes } from "../ledger/snapshot.ts";
import type { BenchComparison } from "./benchmark.ts";
import type { Recommendation } from "./recommend.ts";

export const LAB_SCHEMA = "pare.lab/1";

/** What sort of choice a variant is; rows of one group stand together. */
export const GROUPS = [
  /** The user's own build, and then step by step what a release adds. */
  "release",
  "cgo",
  "pie",
  "cpu",
  "inlining",
  "tags",
  "vendor",
  "unsafe",
  /** From pare.yaml. */
  "own",
  "upx",
  "wasm",
  "tinygo",
] as const;
export type Group = (typeof GROUPS)[number];

/** A program that changes the file which another variant built. */
export interface Pack {
  readonly tool: "upx" | "wasm-opt";
  /** Its options, without names of files. */
  readonly args: readonly string[];
  /** Name of the variant whose file it starts from. */
  readonly of: string;
}

export interface Target {
  readonly GOOS: string;
  readonly GOARCH: string;
}

/** One way to build the package. */
export interface Variant {
  /** Unique in a lab, what --only and --skip match and what rows are called: "-s -w", "upx --best", "tag nomsgpack". */
  readonly name: string;
  readonly group: Group;
  readonly tool: "go" | "tinygo";
  /** All flags of the tool's `build`, the user's own in front, tags included. */
  readonly flags: readonly string[];
  /** Added to the environment. */
  readonly env: Readonly<Record<string, string>>;
  /** The variant that it differs from in one thing, null for the first: differences are its own against that one. */
  readonly from: string | null;
  /** Tags that it adds to the user's own. */
  readonly tags?: readonly string[];
  readonly pack?: Pack;
  /** If it is not the target of the lab. */
  readonly target?: Target;
  /** What it costs, in a few words; "" for nothing. */
  readonly price: string;
  /** Why it is never recommended. */
  readonly unsafe?: string;
  /** Why pare does not build it. */
  readonly refused?: string;
  /** Why it is built only if it is asked for by name, or everything is. */
  readonly onRequest?: string;
}

/** What became of a variant. */
export type Outcome =
  | { readonly state: "built" }
  /** `reason` is one line; `output` what the tool said. */
  | { readonly state: "failed"; readonly reason: string; readonly output: string }
  | { readonly state: "refused"; readonly reason: string }
  /** A tool is not there: its name and how one gets it. */
  | { readonly state: "absent"; readonly tool: string; readonly get: string }
  /** The time budget was spent, or an option left it out. */
  | { readonly state: "skipped"; readonly reason: string };

/** A value and how it was come by, for people: "gzip -6 of the file", "median of 15 interleaved runs". */
export interface Measured<T> {
  readonly value: T;
  readonly how: string;
}

/** Bytes of the file, compressed whole. What the machine has no program for is left out. */
export interface Download {
  readonly gzip?: number;
  readonly zstd?: number;
  readonly xz?: number;
  readonly brotli?: number;
}

/** Each alone on the machine. Seconds of wall time; `peakRssBytes` is the largest sum over the tree of processes of one build. */
export interface BuildCost {
  /** With an empty build cache. */
  readonly coldSeconds?: number;
  /** With everything but the link in the cache. */
  readonly warmSeconds?: number;
  /** The linker's part of the warm build. */
  readonly linkSeconds?: number;
  readonly peakRssBytes?: number;
}

export interface Start {
  readonly medianMs: number;
  /** Median absolute deviation from the median. */
  readonly spreadMs: number;
  readonly runs: number;
  /** What counted as ready: "exit", "output:…", "port:8080". */
  readonly readiness: string;
  /** Every run, in the order in which they were made. */
  readonly allMs: readonly number[];
}

/** Resident bytes of a process that is ready, of one process; shared pages are those of which another process has the same. */
export interface Resident {
  readonly privateBytes: number;
  readonly sharedBytes: number;
}

/** One process alone, and the mean of two processes of the same file at once. */
export interface Memory {
  readonly one: Resident;
  readonly two?: Resident;
}

export interface Traits {
  readonly linking?: Measured<"static" | "dynamic">;
  /** "" if none. */
  readonly interpreter?: Measured<string>;
  readonly libraries?: Measured<readonly string[]>;
  /** The program is loaded at a random address (PIE). */
  readonly aslr?: Measured<boolean>;
  /** A stack trace names functions and lines. */
  readonly panicTrace?: Measured<boolean>;
  /** pprof can name functions. */
  readonly pprof?: Measured<boolean>;
  readonly debugInfo?: Measured<boolean>;
  /** A second build, elsewhere, gives the same bytes. */
  readonly reproducible?: Measured<boolean>;
  /** UPX: `upx -d` gives the bytes that it started from. */
  readonly restores?: Measured<boolean>;
}

/** Everything optional: what was not asked for, or cannot be measured here, is absent; `notes` of the row say why. */
export interface Measures {
  readonly fileBytes?: Measured<number>;
  readonly download?: Measured<Download>;
  /** Bytes of the file by kind of the ledger; sums to fileBytes. */
  readonly kinds?: Measured<KindBytes>;
  readonly build?: Measured<BuildCost>;
  readonly start?: Measured<Start>;
  readonly memory?: Measured<Memory>;
  readonly traits?: Traits;
  /** It starts, and ends or gets ready as the first variant does. */
  readonly alive?: Measured<boolean>;
  /** `go test` with the variant's flags passes. */
  readonly tests?: Measured<boolean>;
}

export const MEASURES = ["size", "build", "start", "all"] as const;
/** What a lab is asked to measure: sizes always, times of builds, start-up and memory. */
export type Measure = (typeof MEASURES)[number];

export interface LabRow {
  readonly variant: Variant;
  readonly outcome: Outcome;
  readonly measures: Measures;
  /** The command line that makes it, ready to copy. */
  readonly command: string;
  /** What one should know besides: why a measure is missing, what a check found. */
  readonly notes: readonly string[];
}

export interface Machine {
  /** GOOS/GOARCH of the go command. */
  readonly host: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
}

export interface LabResult {
  readonly schema: typeof LAB_SCHEMA;
  /** Import path of the program. */
  readonly subject: string;
  /** GOOS/GOARCH that variants are built for, unless they name another. */
  readonly target: string;
  readonly goVersion: string;
  readonly machine: Machine;
  /** `inTime`: the time budget, if there was one, was not spent. */
  readonly asked: { readonly measure: Measure; readonly inTime: boolean };
  /** In the order of the plan; the first is the user's own build, unless it was left out. */
  readonly rows: readonly LabRow[];
  /** Wall time of the whole lab in seconds, and the sum of what its tasks took one by one. */
  readonly seconds: { readonly wall: number; readonly tasks: number };
  readonly warnings: readonly string[];
  /** With --bench: what the user's benchmarks say of variants. */
  readonly benchmarks?: readonly BenchComparison[];
  /** One for each scenario. */
  readonly recommendations?: readonly Recommendation[];
}
