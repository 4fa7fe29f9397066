// The page of an audit's rule, and the list of all.
import type { BuildRule } from "../advice/schema.ts";
import { bold, dim, table, type Terminal } from "./terminal.ts";

const INDENT = "  ";

export function ruleList(rules: readonly BuildRule[], t: Terminal): string {
  const columns = [
    { title: "CODE" },
    { title: "NAME" },
    { title: "SEVERITY" },
    { title: "" },
    { title: "WHAT", flexible: true },
  ];
  const rows = rules.map((rule) => [
    rule.code,
    rule.slug,
    rule.severity,
    rule.fix === undefined ? "" : "--fix",
    rule.title,
  ]);
  return `${table(t, columns, rows).join("\n")}\n`;
}

export function rulePage(rule: BuildRule, t: Terminal): string {
  const { code, slug, severity, title, why, costs, quiet, holds, cure, example, fix, evidence = [], sources } = rule;
  const width = Math.min(t.width, 100) - INDENT.length;
  const part = (name: string, text: string | undefined): string[] =>
    text === undefined ? [] : ["", bold(t, name), ...wrap(text, width).map((line) => INDENT + line)];
  const code4 = (name: string, text: string): string[] => [
    "",
    bold(t, name),
    ...text
      .trimEnd()
      .split("\n")
      .map((line) => `${INDENT}${INDENT}${line.replaceAll("\t", "    ")}`),
  ];
  const lines = [
    `${bold(t, `${code} ${slug}`)}  ${dim(t, severity)}`,
    title,
    ...part("WHY", why),
    ...part("WHAT IT COSTS", costs),
    ...part("CURE", cure),
    ...code4(example.file === undefined ? "BEFORE" : `BEFORE  ${example.file}`, example.before),
    ...code4("AFTER", example.after),
    ...part("--FIX", fix),
    ...part("QUIET", quiet),
    ...part("HOLDS FOR", holds),
  ];
  if (evidence.length > 0)
    lines.push(
      "",
      bold(t, "EVIDENCE"),
      ...evidence.flatMap((each) => wrap(evidenceText(each), width).map((line) => INDENT + line)),
    );
  lines.push("", bold(t, "SOURCES"), ...sources.map((source) => INDENT + source));
  lines.push("", dim(t, `To say that it is meant: # pare:ignore ${code}`));
  return `${lines.join("\n")}\n`;
}

function evidenceText({
  how,
  what,
  at,
  before,
  after,
  change,
  percent,
  says,
  source,
}: NonNullable<BuildRule["evidence"]>[number]): string {
  const figures = [
    before !== undefined && after !== undefined ? `${before} → ${after}` : undefined,
    change,
    typeof percent === "number"
      ? `${percent} %`
      : percent === undefined
        ? undefined
        : `${percent[0]} to ${percent[1]} %`,
    says,
  ].filter((each) => each !== undefined);
  return `${how}, ${what}${at === undefined ? "" : ` (${at})`}: ${figures.join(", ")}${source === undefined ? "" : ` ${source}`}`;
}

/** Lines of whole words. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/).filter(Boolean)) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return line === "" ? lines : [...lines, line];
}
