// The answer of bare `pare` → one self-contained page: the map of the program to ship, with what to do above it.
import type { Action } from "../advice/action.ts";
import type { Finding } from "../advice/audit/finding.ts";
import type { Best, Overview } from "../lab/overview.ts";
import { html } from "./escape.ts";
import { pageDocument, snapshotParts } from "./html.ts";
import { pageStyle } from "./page.style.ts";
import { formatBytes, formatExact, formatShare } from "./units.ts";

const style = `${pageStyle}
.advice { border: 1px solid var(--line); border-radius: 7px; background: var(--ground); padding: 6px 12px; max-height: 42vh; overflow: auto; }
.advice summary { cursor: pointer; font-weight: 550; }
.advice h2 { font-size: 13px; font-weight: 600; margin: 12px 0 2px; }
.advice table { border-collapse: collapse; width: 100%; }
.advice td, .advice th { padding: 2px 14px 2px 0; vertical-align: top; text-align: left; overflow-wrap: anywhere; font-weight: 400; }
.advice th { color: var(--quiet); }
.advice td.amount { text-align: right; }
.advice td.amount, .advice td.sure { white-space: nowrap; }
.advice ul { margin: 2px 0; padding-left: 18px; color: var(--quiet); }
.advice code { font-family: var(--mono); font-size: 12px; }
`;

/** The page as text. The snapshot needs its symbols; without them the map ends at packages. */
export function overviewPage(overview: Overview): string {
  const parts = snapshotParts(overview.release);
  return pageDocument({ ...parts, head: `${parts.head}\n${advice(overview)}`, style });
}

function advice({ builds, actions, best, findings, leftOut }: Overview): string {
  const first = builds[0].bytes;
  const left = leftOut
    .map(({ what, why, command }) => `<li>left out: ${html(what)} (${html(why)}): <code>${html(command)}</code></li>`)
    .join("");
  return `<details class="advice" open><summary>What to do: ${formatBytes(first)} as it is built, ${formatBytes(best.withoutSource.bytes)} as it should be shipped${best.withSource ? `, ${best.withSource.evidence === "estimate" ? "about " : ""}${formatBytes(best.withSource.bytes)} with changes of source` : ""}</summary>
<h2>Best builds</h2>
<table>${bestRow("without touching source", best.withoutSource, first)}${best.withSource ? bestRow("with changes of source", best.withSource, first) : ""}</table>
<h2>Worth most first</h2>
<table><tr><th>saves</th><th></th><th>do this</th><th>costs</th></tr>${actions.map(actionRow).join("")}</table>
<h2>Each step of the release build, measured</h2>
<table>${builds.map((row, i) => `<tr><td class="amount">${formatExact(row.bytes)}</td><td>${i === 0 ? "" : "+ "}${html(row.change)}</td><td>${html(row.price)}</td></tr>`).join("")}</table>
${findings.length === 0 ? "" : `<h2>In build files</h2>\n<table>${findings.map(findingRow).join("")}</table>`}
${left === "" ? "" : `<ul>${left}</ul>`}</details>`;
}

function actionRow({ title, steps, bytes, evidence, how, costs, source, more }: Action): string {
  const list = steps.length === 0 ? "" : `<ul>${steps.map((step) => `<li>${html(step)}</li>`).join("")}</ul>`;
  const notes = [costs, source ? "changes source" : "", more === "" ? "" : `more: ${more}`].filter(
    (note) => note !== "",
  );
  return `<tr><td class="amount" title="${formatExact(bytes)} bytes">${formatBytes(bytes)}</td><td class="sure" title="${html(how)}">${evidence}</td><td>${html(title)}${list}</td><td>${html(notes.join(" · "))}</td></tr>`;
}

function findingRow({ file, line, severity, code, message }: Finding): string {
  return `<tr><td>${html(file)}:${line}</td><td class="sure">${severity}</td><td class="sure">${html(code)}</td><td>${html(message)}</td></tr>`;
}

function bestRow(name: string, { bytes, evidence, how, command }: Best, first: number): string {
  const size = evidence === "measured" ? formatExact(bytes) : `about ${formatBytes(bytes)}`;
  return `<tr><td>${name}</td><td class="amount">${size}</td><td class="sure">${formatShare(bytes - first, first)}</td><td>${html(`${evidence}: ${how}`)}</td><td><code>${html(command)}</code></td></tr>`;
}
