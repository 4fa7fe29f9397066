// What to take, for a terminal: the winner of each scenario with its command, what it costs, and why not the others.
import type { LabResult } from "../lab/model.ts";
import type { Difference, Recommendation } from "../lab/recommend.ts";
import { visible } from "./escape.ts";
import { bold, dim, type Terminal } from "./terminal.ts";
import { formatDelta } from "./units.ts";

/** One line for each scenario, or all of one. */
export function recommendedText(
  { recommendations = [] }: Pick<LabResult, "recommendations">,
  t: Terminal,
  scenario: string | undefined,
): string[] {
  const one = recommendations.find((each) => each.scenario === scenario);
  if (one !== undefined) return recommendText(one, t, true);
  const lines = recommendations.map((each) => recommendText(each, t, false));
  return [
    ...lines.map(([head]) => head),
    dim(t, "which command that is, what it costs and why no other: --for server, …"),
  ];
}

/** `full`: with what decided and every rejected variant; else the winner, its command and its costs. */
export function recommendText(recommendation: Recommendation, t: Terminal, full: boolean): string[] {
  const { scenario, title, winner, decidedBy, missing, rejected } = recommendation;
  const names = namesFor(scenario);
  const differenceText = (difference: Difference): string => differenceWith(difference, names);
  const head = bold(t, title);
  const unmeasured = missing.map(({ measure, get }) => `${names[measure]}: not measured, ${get}`);
  if (winner === null) {
    const none =
      scenario === "wasm" ? "no variant is WebAssembly, --only '*/wasm' builds some" : "no variant holds to its rules";
    const reason = unmeasured.length > 0 ? unmeasured.join("; ") : none;
    return [`${head}: ${visible(reason)}`];
  }
  const gain = winner.differences.map(differenceText).join(", ");
  const lines = [
    `${head}: ${visible(winner.variant)}${gain === "" ? "" : `  ${gain}`}`,
    `  ${visible(winner.command)}`,
  ];
  if (winner.costs.length > 0) lines.push(dim(t, `  costs: ${visible(winner.costs.join("; "))}`));
  if (!full) return lines;
  const weights = decidedBy.map(({ measure, weight }) => `${names[measure]} ${Math.round(weight * 100)} %`);
  lines.push(dim(t, `  decided by: ${[...weights, ...unmeasured].join(", ")}`));
  const width = Math.max(...rejected.map(({ variant }) => variant.length));
  for (const { variant, by, reason, differences } of rejected) {
    const measured = differences.map(differenceText).join(", ");
    const why = [measured, by === "objective" && measured === "" ? "nothing that counts here differs" : reason];
    lines.push(`  ${visible(variant.padEnd(width))}  ${visible(why.filter((part) => part !== "").join("; "))}`);
  }
  return lines;
}

const NAMES: Readonly<Record<Difference["measure"], string>> = {
  file: "on disk",
  gzip: "as a pulled layer (gzip)",
  zstd: "as zstd",
  xz: "as xz",
  brotli: "as brotli",
  start: "start",
  private: "private memory",
  build: "warm build",
};

/** Only images are pulled. */
const namesFor = (scenario: Recommendation["scenario"]): typeof NAMES =>
  scenario === "server" || scenario === "serverless" ? NAMES : { ...NAMES, gzip: "compressed (gzip)" };

/** "-64 % on disk", "+92 ms start", "+31 MB private memory". */
function differenceWith({ measure, delta, percent }: Difference, names: typeof NAMES): string {
  const sign = delta > 0 ? "+" : "";
  switch (measure) {
    case "start":
      return `${sign}${delta.toFixed(Math.abs(delta) < 10 ? 1 : 0)} ms start`;
    case "build":
      return `${sign}${delta.toFixed(1)} s warm build`;
    case "private":
      return `${formatDelta(Math.round(delta))} private memory`;
    default:
      return `${sign}${percent.toFixed(Math.abs(percent) < 10 ? 1 : 0)} % ${names[measure]}`;
  }
}
