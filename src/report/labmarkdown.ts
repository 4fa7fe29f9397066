// What a lab found, for issues and pull requests.
import type { LabResult } from "../lab/model.ts";
import { markdownCode, markdownText } from "./escape.ts";
import { type LabCells, labCells } from "./labtext.ts";
import { markdownTable } from "./markdown.ts";

const COLUMNS: readonly (readonly [title: string, right: boolean, cell: keyof LabCells])[] = [
  ["Variant", false, "name"],
  ["Size", true, "size"],
  ["Change", true, "change"],
  ["zstd", true, "zstd"],
  ["Start", true, "start"],
  ["Private memory of one, of each of two", true, "memory"],
  ["Warm/cold build", true, "build"],
  ["Notes", false, "notes"],
];

export function labMarkdown(result: LabResult, exact = false): string {
  const { machine } = result;
  const cells = result.rows.map((row) => labCells(row, result, exact));
  const used = COLUMNS.filter(([, , key]) => cells.some((row) => row[key] !== ""));
  // only these hold what others wrote
  const escape: Partial<Record<keyof LabCells, (text: string) => string>> = { name: markdownCode, notes: markdownText };
  const rows = cells.map((row) => used.map(([, , key]) => escape[key]?.(row[key]) ?? row[key]));
  const blocks = [
    `### ${markdownCode(result.subject)} for ${markdownText(result.target)}`,
    markdownText(`${result.goVersion}, measured on ${machine.host}, ${machine.cores} × ${machine.cpu}`),
    markdownTable(
      used.map(([title, right]) => (right ? [title, true] : [title])),
      rows,
    ),
    result.warnings.map((warning) => `- ${markdownText(warning.replaceAll("\n", " "))}`).join("\n"),
  ];
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}
