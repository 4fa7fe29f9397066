// Findings of an audit where pull requests are read: workflow commands of GitHub, and Markdown.
import type { Audit } from "../advice/audit/document.ts";
import type { Finding } from "../advice/audit/finding.ts";
import { costTexts } from "./audittext.ts";
import { markdownCode, markdownText, visible } from "./escape.ts";
import { formatBytes } from "./units.ts";

const COMMAND = { error: "error", warning: "warning", note: "notice" } as const;

/** "::warning file=…::…", https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands */
export function auditGithub({ findings }: Audit): string {
  return findings
    .map((finding) => {
      const { severity, file, line, column, endLine, endColumn, code, slug, message } = finding;
      const properties = Object.entries({
        file,
        line,
        endLine,
        ...(line === endLine ? { col: column, endColumn } : {}),
        title: `${code} ${slug}`,
      });
      const words = properties.map(([name, value]) => `${name}=${property(String(value))}`).join(",");
      const text = `${[message, ...costTexts(finding, false)].join(". ")}; pare explain ${code}`;
      return `::${COMMAND[severity]} ${words}::${data(text)}\n`;
    })
    .join("");
}

function data(text: string): string {
  return visible(text).replaceAll("%", "%25");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

export function auditMarkdown({ findings, program }: Audit): string {
  const of =
    program === null ? "" : ` of ${markdownCode(program.name)} (${program.target}, ${formatBytes(program.bytes)})`;
  if (findings.length === 0) return `**Audit${of}**: nothing found\n`;
  const rows = findings.map(
    (each) =>
      `| ${each.severity} | ${each.code} ${each.slug} | ${place(each)} | ${markdownText(each.message)}${each.fix ? " *(--fix)*" : ""} | ${markdownText(costTexts(each, false).join("; "))} |`,
  );
  const head = ["| | rule | where | what | costs |", "|---|---|---|---|---|"];
  return `${[`**Audit${of}**: ${findings.length} finding${findings.length === 1 ? "" : "s"}`, "", ...head, ...rows].join("\n")}\n`;
}

function place({ file, line }: Finding): string {
  return markdownCode(`${file}:${line}`);
}
