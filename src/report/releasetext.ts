// A release as text: the plan that would be followed, and what was done.
import type { ReleasePlan } from "../release/plan.ts";
import type { FileResult, ReleaseResult } from "../release/result.ts";
import { visible } from "./escape.ts";
import { bold, dim, table, type Terminal } from "./terminal.ts";
import { formatBytes, formatDelta } from "./units.ts";

/** What is known of an item of a plan before it is built. */
export interface Planned {
  readonly id: string;
  readonly state: string;
  readonly why: readonly string[];
}

/** The plan as a table. */
export function planText(plan: ReleasePlan, planned: readonly Planned[], terminal: Terminal, explain: boolean): string {
  const states = new Map(planned.map((each) => [each.id, each]));
  const rows = [...plan.items, ...plan.universal].map((item) => {
    const { state = "joined", why = [] } = states.get(item.id) ?? {};
    return [
      visible(item.id),
      WOULD[state] ?? state,
      item.archive === null ? visible(item.executable) : visible(item.archive.path),
      visible(reason(why, explain)),
    ];
  });
  const columns = [
    { title: "build" },
    { title: "would be" },
    { title: "file" },
    { title: "because", flexible: true, paint: (text: string) => dim(terminal, text) },
  ];
  const [first] = plan.items;
  const head = [
    bold(terminal, visible(`${plan.project} ${plan.version}`)),
    dim(
      terminal,
      visible(
        `${plan.goVersion}, dated ${new Date(plan.epoch * 1000).toISOString().slice(0, 19)}Z, go build ${first?.flags.join(" ") ?? ""}`,
      ),
    ),
    "",
  ];
  return `${[...head, ...table(terminal, columns, rows)].join("\n")}\n`;
}

const WOULD: Readonly<Record<string, string>> = {
  built: "built",
  restored: "restored",
  unchanged: "left as it is",
  joined: "joined",
};

/** Reasons that are told without being asked for more. */
const SHOWN = 2;

function reason(why: readonly string[], explain: boolean): string {
  if (explain || why.length <= SHOWN) return why.join("; ");
  return `${why.slice(0, SHOWN).join("; ")} and ${why.length - SHOWN} more`;
}

/** What was done, a row for each program. */
export function releaseText(result: ReleaseResult, terminal: Terminal, explain: boolean): string {
  const { items } = result;
  const change = ({ change }: FileResult): string => (change === null ? "" : change === 0 ? "·" : formatDelta(change));
  const columns = [
    { title: "build" },
    { title: "" },
    { title: "program", right: true, paint: (text: string) => bold(terminal, text) },
    { title: "+/-", right: true },
    { title: "archive", right: true },
    { title: "+/-", right: true },
    { title: "wall", right: true },
    { title: "cpu", right: true },
    { title: "peak", right: true },
    { title: "cached", right: true },
    { title: "because", flexible: true, paint: (text: string) => dim(terminal, text) },
  ];
  const rows = items.map((item) => {
    const { archive, executable, seconds, cpuSeconds, peakBytes, compiled, packages } = item;
    const isBuilt = item.state === "built";
    return [
      visible(item.id),
      item.state,
      formatBytes(executable.size),
      change(executable),
      archive === null ? "" : formatBytes(archive.size),
      archive === null ? "" : change(archive),
      isBuilt ? `${seconds.toFixed(1)} s` : "",
      isBuilt && cpuSeconds > 0 ? `${cpuSeconds.toFixed(1)} s` : "",
      isBuilt && peakBytes > 0 ? formatBytes(peakBytes) : "",
      isBuilt ? `${packages - compiled}/${packages}` : "",
      explain ? visible(reason(item.why, true)) : "",
    ];
  });
  const built = items.filter(({ state }) => state === "built").length;
  const rest = items.length - built;
  const made = items.flatMap(({ systemPackages }) => systemPackages.map(({ path, size }) => ({ path, size })));
  const packages = made.map(({ path, size }) => `${visible(path)}  ${formatBytes(size)}`);
  const summary = `${built} built, ${rest} not: ${visible(result.project)} ${visible(result.version)} in ${visible(result.output)} after ${result.seconds.toFixed(1)} s`;
  return `${[...table(terminal, columns, rows), ...(packages.length === 0 ? [] : ["", ...packages]), "", summary].join("\n")}\n`;
}
