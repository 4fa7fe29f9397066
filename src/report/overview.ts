// The answer of bare `pare` → text: a ranked list of what to do, the best builds, and what the program to ship is made of.
import type { Action } from "../advice/action.ts";
import { type Finding, SEVERITIES } from "../advice/audit/finding.ts";
import type { Best, Overview } from "../lab/overview.ts";
import { visible } from "./escape.ts";
import { bold, dim, paint, table, type Terminal } from "./terminal.ts";
import { textReport } from "./text.ts";
import { formatBytes, formatDelta, formatExact, formatShare } from "./units.ts";

const GREEN = 71;
const YELLOW = 178;
/** Actions that are shown; the page and the JSON document have all. */
const MOST = 12;
const MOST_FINDINGS = 6;

export function overviewText(overview: Overview, terminal: Terminal): string {
  const { builds, actions, findings, leftOut, release } = overview;
  const lines = [...buildTable(builds, terminal), ""];
  if (actions.length > 0) lines.push(...actionLines(actions, terminal), "");
  lines.push(...bestLines(overview, terminal), "");
  if (findings.length > 0) lines.push(...findingLines(findings, terminal), "");
  for (const { what, why, command } of leftOut)
    lines.push(`${paint(terminal, YELLOW, "→")} left out: ${visible(what)} (${visible(why)}): ${visible(command)}`);
  if (leftOut.length > 0) lines.push("");
  lines.push(dim(terminal, "what the release build is made of:"), "");
  return `${lines.join("\n")}\n${textReport(release, { terminal })}`;
}

function buildTable(builds: Overview["builds"], terminal: Terminal): string[] {
  const first = builds[0].bytes;
  const cells = builds.map((row, i) => {
    if (i === 0) return [row.change, formatExact(row.bytes), "", "", row.price];
    const delta = row.bytes - builds[i - 1].bytes;
    return [`+ ${row.change}`, formatExact(row.bytes), formatDelta(delta, true), formatShare(delta, first), row.price];
  });
  const columns = [
    { title: "build (measured)" },
    { title: "bytes", right: true },
    { title: "change", right: true },
    { title: "", right: true },
    { title: "price", flexible: true },
  ];
  return table(
    terminal,
    columns,
    cells.map((row) => row.map(visible)),
  );
}

function actionLines(actions: readonly Action[], t: Terminal): string[] {
  const lines = [bold(t, "DO THIS") + dim(t, "  savings overlap: the best builds below say what they bring together")];
  for (const [i, action] of actions.slice(0, MOST).entries()) {
    const { title, steps, bytes, evidence, how, costs, source, more } = action;
    const saved = bytes > 0 ? formatBytes(bytes).padStart(8) : "       –";
    const sure = evidence === "measured" ? paint(t, GREEN, "measured") : dim(t, "estimate");
    lines.push(`${String(i + 1).padStart(2)}  ${bold(t, saved)}  ${sure}  ${visible(title)}`);
    const indent = " ".repeat(24);
    lines.push(...steps.map((step) => `${indent}· ${visible(step)}`));
    const notes = [
      evidence === "estimate" ? `estimate: ${how}` : "",
      costs === "" ? "" : `costs: ${costs}`,
      source ? "changes source" : "",
      more === "" ? "" : `more: ${more}`,
    ].filter((note) => note !== "");
    if (notes.length > 0) lines.push(dim(t, indent + visible(notes.join(" · "))));
  }
  if (actions.length > MOST) lines.push(dim(t, `    … ${actions.length - MOST} more in the page and with --json`));
  return lines;
}

/** What costs most, or breaks, first: an audit tells the rest. */
function findingLines(findings: readonly Finding[], t: Terminal): string[] {
  const order = findings.toSorted((a, b) => SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity));
  const rows = order
    .slice(0, MOST_FINDINGS)
    .map(({ file, line, severity, code, message }) => [visible(`${file}:${line}`), severity, code, visible(message)]);
  const columns = [{ title: "in build files" }, { title: "" }, { title: "" }, { title: "", flexible: true }];
  const left = findings.length - rows.length;
  return [...table(t, columns, rows), dim(t, `${left > 0 ? `… ${left} more, ` : ""}with costs and cures: pare audit`)];
}

function bestLines({ builds, best }: Overview, t: Terminal): string[] {
  const first = builds[0].bytes;
  const row = (name: string, { bytes, evidence, how, command }: Best): string[] => {
    const size = evidence === "measured" ? formatExact(bytes) : `about ${formatBytes(bytes)}`;
    return [name, size, formatShare(bytes - first, first), `${evidence}: ${how}`, command];
  };
  const rows = [row("without touching source", best.withoutSource)];
  if (best.withSource) rows.push(row("with the changes of source above", best.withSource));
  const columns = [
    { title: "best build" },
    { title: "bytes", right: true },
    { title: "", right: true },
    { title: "" },
    { title: "command" },
  ];
  return table(
    t,
    columns,
    rows.map((cells) => cells.map(visible)),
  );
}
