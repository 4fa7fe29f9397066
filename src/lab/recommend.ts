// Which variant to take, by what was measured and nothing else: the rules of a scenario are data (knowledge/scenarios.yaml). Pure.
import type { MEASURED, ScenarioRules } from "../advice/schema.ts";
import { NO_TIME } from "./budget.ts";
import type { LabResult, LabRow } from "./model.ts";
import { RELEASE } from "./variants.ts";

export type MeasureName = (typeof MEASURED)[number];

/** A measure of a variant beside the winner's. */
export interface Difference {
  readonly measure: MeasureName;
  /** Bytes, milliseconds (start) or seconds (build); more than the winner if positive. */
  readonly delta: number;
  /** Of the winner's value. */
  readonly percent: number;
}

export interface Rejected {
  readonly variant: string;
  /** rule: it breaks one. objective: others are better. failed: it was not to be had. unmeasured: it lacks what decides. */
  readonly by: "rule" | "objective" | "failed" | "unmeasured";
  readonly reason: string;
  /** What was measured, beside the winner; what differs by less than its noise is left out. */
  readonly differences: readonly Difference[];
}

export interface Recommendation {
  readonly scenario: ScenarioRules["id"];
  readonly title: string;
  /** Null: no variant holds to the rules. */
  readonly winner: {
    readonly variant: string;
    readonly command: string;
    /** What it costs, in words; the prices of all that it is made of. */
    readonly costs: readonly string[];
    /** Beside the user's own build. */
    readonly differences: readonly Difference[];
  } | null;
  /** What decided: the measures that all candidates have, with their weights. */
  readonly decidedBy: readonly { readonly measure: MeasureName; readonly weight: number }[];
  /** What should have decided too, and how one has it measured. */
  readonly missing: readonly { readonly measure: MeasureName; readonly get: string }[];
  readonly rejected: readonly Rejected[];
}

/** What benchmarks said of a variant. */
export type Speed = "faster" | "slower" | "no difference";

interface Value {
  readonly value: number;
  /** Smaller differences mean nothing. */
  readonly noise: number;
}

/** Memory is counted in pages, and every run has a few more or less of them. */
const MEMORY_NOISE = 256 << 10;
/** Of one timed build. */
const BUILD_NOISE = 0.1;

/** Private memory is that of each of two processes, where both were measured: what they could share does not count against a variant. */
function valueOf({ measures }: LabRow, name: MeasureName): Value | undefined {
  const exact = (value: number | undefined): Value | undefined =>
    value === undefined ? undefined : { value, noise: 0 };
  switch (name) {
    case "file":
      return exact(measures.fileBytes?.value);
    case "start": {
      const start = measures.start?.value;
      return start && { value: start.medianMs, noise: 2 * start.spreadMs };
    }
    case "private": {
      const { one, two } = measures.memory?.value ?? {};
      const memory = (two ?? one)?.privateBytes;
      return memory === undefined ? undefined : { value: memory, noise: MEMORY_NOISE };
    }
    case "build": {
      const seconds = measures.build?.value.warmSeconds;
      return seconds === undefined ? undefined : { value: seconds, noise: seconds * BUILD_NOISE };
    }
    default:
      return exact(measures.download?.value[name]);
  }
}

/** What takes a measure: to be asked for, unless it always is; and what it needs besides. */
const TAKEN: Readonly<Partial<Record<MeasureName, { by: LabResult["asked"]["measure"]; needs: string }>>> = {
  xz: { by: "all", needs: "xz installed" },
  start: { by: "start", needs: "a program that starts (--run, --ready)" },
  private: { by: "start", needs: "a program that keeps running (--run, --ready)" },
  build: { by: "build", needs: "builds that succeed twice" },
};

/** How one has a measure taken that was not. */
function howToGet(name: MeasureName, { asked: { measure, inTime }, rows }: LabResult): string {
  const taken = TAKEN[name];
  if (taken !== undefined && measure !== "all" && measure !== taken.by) return `run with --measure ${taken.by}`;
  // more time would not help
  const isEnding = name === "private" && rows.some(({ measures }) => measures.start?.value.readiness === "exit");
  if (!inTime && !isEnding) return `${NO_TIME} (--time-budget)`;
  return taken === undefined ? "its file could not be read" : `it needs ${taken.needs}`;
}

type Trait = Extract<ScenarioRules["rules"][number], { require: unknown }>["require"];

/** What is wrong with a variant that does not have what a rule asks for. */
const LACKS: Readonly<Record<Trait, (wanted: boolean) => string>> = {
  panicTrace: () => "its traces name nothing",
  pprof: () => "pprof can name nothing",
  debugInfo: (wanted) => (wanted ? "no debug information" : "it carries debug information"),
  noLibraries: () => "it needs a C library",
  aslr: () => "its addresses are fixed",
};

/** Recommends a variant for a scenario. `speeds`: by name of the variant, where a benchmark was run. */
export function recommend(
  result: LabResult,
  scenario: ScenarioRules,
  speeds: ReadonlyMap<string, Speed> = new Map(),
): Recommendation {
  const reasons = new Map<LabRow, { by: Rejected["by"]; reason: string }>();
  let left = result.rows.filter((row) => {
    const why = unfit(row, result, scenario);
    if (why !== undefined) reasons.set(row, why);
    return why === undefined;
  });
  for (const rule of scenario.rules) {
    const holds = left.filter((row) => holdsTo(row, rule, speeds));
    if ("require" in rule && rule.prefer === true && holds.length === 0) continue;
    const reason = "require" in rule ? `${LACKS[rule.require](rule.value)}: ${rule.why}` : rule.why;
    for (const row of left) if (!holds.includes(row)) reasons.set(row, { by: "rule", reason });
    left = holds;
  }
  const decidedBy = scenario.minimise.filter(({ measure }) => left.some((row) => valueOf(row, measure) !== undefined));
  const complete = left.filter((row) => decidedBy.every(({ measure }) => valueOf(row, measure) !== undefined));
  for (const row of left) {
    if (complete.includes(row)) continue;
    const [{ measure }] = decidedBy.filter((each) => valueOf(row, each.measure) === undefined);
    reasons.set(row, { by: "unmeasured", reason: `${measure} was not measured: ${howToGet(measure, result)}` });
  }
  const winner = decidedBy.length === 0 ? undefined : bestOf(complete, decidedBy, result);
  for (const row of complete) {
    if (row !== winner) reasons.set(row, { by: "objective", reason: "" });
  }
  const [own] = result.rows;
  return {
    scenario: scenario.id,
    title: scenario.title,
    winner: winner
      ? {
          variant: winner.variant.name,
          command: winner.command,
          costs: costsOf(winner, result),
          differences: winner === own ? [] : differences(winner, own),
        }
      : null,
    decidedBy: decidedBy.map(({ measure, weight }) => ({ measure, weight })),
    missing: scenario.minimise
      .filter((each) => left.length > 0 && !decidedBy.includes(each))
      .map(({ measure }) => ({ measure, get: howToGet(measure, result) })),
    rejected: result.rows
      .filter((row) => row !== winner)
      .map((row) => {
        const { by, reason } = reasons.get(row)!;
        return { variant: row.variant.name, by, reason, differences: winner ? differences(row, winner) : [] };
      }),
  };
}

/** What no scenario would take. */
function unfit(
  row: LabRow,
  result: LabResult,
  scenario: ScenarioRules,
): { by: Rejected["by"]; reason: string } | undefined {
  const { variant, outcome, measures } = row;
  const failed = (reason: string): { by: "failed"; reason: string } => ({ by: "failed", reason });
  if (outcome.state === "absent") return failed(`${outcome.tool} is not there: ${outcome.get}`);
  if (outcome.state !== "built") return failed(outcome.reason);
  if (variant.unsafe !== undefined) return { by: "rule", reason: variant.unsafe };
  if (measures.alive?.value === false) return failed(`it does not run: ${measures.alive.how}`);
  // the first is the user's own build, whatever its tests say
  if (measures.tests?.value === false && row !== result.rows[0]) return failed(`its tests fail: ${measures.tests.how}`);
  if (measures.traits?.restores?.value === false) return failed("unpacked, it is another program");
  const [goos, goarch] = result.target.split("/");
  const target = variant.target ?? { GOOS: goos, GOARCH: goarch };
  if (scenario.target === "wasm")
    return target.GOARCH === "wasm" ? undefined : { by: "rule", reason: "no WebAssembly" };
  const isOther = target.GOOS !== goos || target.GOARCH !== goarch;
  return isOther ? { by: "rule", reason: `for ${target.GOOS}/${target.GOARCH}` } : undefined;
}

function holdsTo(
  { variant, measures }: LabRow,
  rule: ScenarioRules["rules"][number],
  speeds: ReadonlyMap<string, Speed>,
): boolean {
  if ("exclude" in rule) {
    return variant.group !== rule.exclude || (rule.unless === "faster" && speeds.get(variant.name) === "faster");
  }
  const { traits = {} } = measures;
  const value = rule.require === "noLibraries" ? noLibraries(traits.libraries?.value) : traits[rule.require]?.value;
  // what could not be looked at is not held against a variant, unless it would be preferred for it
  return value === undefined ? rule.prefer !== true : value === rule.value;
}

const noLibraries = (libraries: readonly string[] | undefined): boolean | undefined =>
  libraries === undefined ? undefined : libraries.length === 0;

/** The smallest sum of weighted ratios; of equals the one that changes least, which stands first. */
function bestOf(rows: readonly LabRow[], decidedBy: ScenarioRules["minimise"], result: LabResult): LabRow | undefined {
  const base = rows.find(({ variant }) => variant.name === RELEASE) ?? rows[0];
  const steps = ({ variant }: LabRow): number => lineage(variant.name, result).length;
  const scored = rows.map((row) => ({
    row,
    score: decidedBy.reduce((sum, { measure, weight }) => sum + weight * ratio(row, base, measure), 0),
  }));
  return scored.sort((a, b) => a.score - b.score || steps(a.row) - steps(b.row))[0]?.row;
}

/** 1 if the two differ by no more than noise. */
function ratio(row: LabRow, base: LabRow, measure: MeasureName): number {
  const [own, other] = [valueOf(row, measure)!, valueOf(base, measure)!];
  if (Math.abs(own.value - other.value) <= Math.max(own.noise, other.noise) || other.value === 0) return 1;
  return own.value / other.value;
}

/** What is shown beside a winner, in this order. */
const SHOWN: readonly MeasureName[] = ["file", "gzip", "start", "private", "build"];

function differences(row: LabRow, from: LabRow): Difference[] {
  return SHOWN.flatMap((measure) => {
    const [own, other] = [valueOf(row, measure), valueOf(from, measure)];
    if (own === undefined || other === undefined) return [];
    const delta = own.value - other.value;
    if (Math.abs(delta) <= Math.max(own.noise, other.noise)) return [];
    return [{ measure, delta, percent: other.value === 0 ? 0 : (100 * delta) / other.value }];
  });
}

/** A variant and those that it starts from, without the user's own build. */
function lineage(name: string, { rows }: LabResult): LabRow[] {
  const row = rows.find(({ variant }) => variant.name === name);
  return row === undefined || row.variant.from === null
    ? []
    : [row, ...lineage(row.variant.from, { rows } as LabResult)];
}

/** Prices of all that a variant is made of, and what its traits ask of the place where it runs. */
function costsOf(winner: LabRow, result: LabResult): string[] {
  const prices = lineage(winner.variant.name, result)
    .map(({ variant }) => variant.price)
    .filter((price) => price !== "");
  // the variant that took it away may not have been asked for, and have no row
  const hasDebugInfo = ({ measures }: LabRow): boolean | undefined => measures.traits?.debugInfo?.value;
  if (
    hasDebugInfo(result.rows[0]) === true &&
    hasDebugInfo(winner) === false &&
    !prices.some((price) => price.includes("debugger"))
  )
    prices.push("no debugger; traces and pprof stay");
  const interpreter = winner.measures.traits?.interpreter?.value ?? "";
  if (interpreter !== "") prices.push(`needs ${interpreter} where it runs: an image from scratch has none`);
  // "no debugger" and "no debugger; no paths" are one price
  const isSaid = (price: string, i: number): boolean =>
    prices.some((other, k) => k !== i && (other.startsWith(`${price};`) || (other === price && k < i)));
  return prices.filter((price, i) => !isSaid(price, i));
}
