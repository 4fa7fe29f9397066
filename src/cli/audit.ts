// pare audit: what build files and the program say, and what can be mended.
import { audit } from "../advice/audit/audit.ts";
import { AUDIT_SCHEMA, type Audit } from "../advice/audit/document.ts";
import { type Finding, SEVERITIES, type Severity } from "../advice/audit/finding.ts";
import type { Project } from "../advice/audit/project.ts";
import type { BuildRule } from "../advice/schema.ts";
import { visible } from "../report/escape.ts";
import { terminalOf } from "../report/terminal.ts";
import { readBuildFiles, writeBuildFile } from "../toolchain/buildfiles.ts";
import { loadKnowledge } from "../toolchain/knowledge.ts";
import { gatherFacts } from "./auditfacts.ts";
import { EXIT, Failure } from "./failure.ts";
import { onInterrupt } from "./interrupt.ts";
import type { CommonOptions } from "./options.ts";
import { write } from "./output.ts";
import { ruleOf } from "./rules.ts";
import { version } from "./version.ts";

export interface AuditFlags extends CommonOptions {
  readonly build: boolean;
  readonly measure?: boolean;
  readonly package?: string;
  readonly only?: readonly string[];
  readonly skip?: readonly string[];
  readonly failOn: Severity | "never";
  readonly fix?: boolean;
  readonly dryRun?: boolean;
  readonly bytes?: boolean;
  readonly format: "text" | "json" | "sarif" | "github" | "markdown";
  readonly json?: boolean;
  readonly output?: string;
}

export async function auditCommand(directory: string, goFlags: readonly string[], flags: AuditFlags): Promise<void> {
  const rules = chosen(loadKnowledge("buildfiles"), flags);
  const found = readBuildFiles(directory);
  const facts = await gatherFacts(directory, goFlags, flags);
  const project: Project = { files: found.files, exists: found.exists, ...facts };
  if (flags.quiet !== true)
    for (const warning of [...found.warnings, ...facts.warnings]) process.stderr.write(`pare: ${visible(warning)}\n`);
  const findings = flags.fix === true ? await fixed(project, rules, directory, flags) : audit(project, rules);
  const { program } = facts;
  const answer: Audit = {
    schema: AUDIT_SCHEMA,
    files: found.files.map((file) => file.path),
    program: program ? { name: program.name, target: program.target, bytes: program.bytes } : null,
    findings,
    warnings: [...found.warnings, ...facts.warnings],
  };
  await write(flags.output ?? "-", await text(answer, rules, flags));
  fail(findings, flags.failOn);
}

/** Shows what is mended, and writes it unless it is only to be shown; answers what is left to be said. */
async function fixed(
  project: Project,
  rules: readonly BuildRule[],
  directory: string,
  flags: AuditFlags,
): Promise<readonly Finding[]> {
  const { mend } = await import("../advice/audit/mend.ts");
  const { unifiedDiff } = await import("../report/patch.ts");
  const { changes, count, findings } = mend(project, rules);
  await write("-", changes.map(({ path, before, after }) => `${unifiedDiff(path, before, after)}\n`).join(""));
  const what = `${count} finding${count === 1 ? "" : "s"} in ${changes.length} file${changes.length === 1 ? "" : "s"}`;
  if (flags.dryRun === true) {
    if (flags.quiet !== true) process.stderr.write(`would mend ${what}; nothing is written\n`);
    return audit(project, rules);
  }
  for (const change of changes) writeBuildFile(directory, change, onInterrupt);
  if (flags.quiet !== true)
    process.stderr.write(changes.length > 0 ? `mended ${what}\n` : "there is nothing to mend\n");
  return findings;
}

/** The rules of --only without those of --skip. */
function chosen(rules: readonly BuildRule[], { only, skip = [] }: AuditFlags): BuildRule[] {
  const wanted = only?.map((word) => ruleOf(rules, word));
  const unwanted = skip.map((word) => ruleOf(rules, word));
  return rules.filter((rule) => (wanted?.includes(rule) ?? true) && !unwanted.includes(rule));
}

async function text(answer: Audit, rules: readonly BuildRule[], flags: AuditFlags): Promise<string> {
  switch (flags.json === true ? "json" : flags.format) {
    case "json":
      return (await import("../report/json.ts")).jsonDocument(answer);
    case "sarif":
      return (await import("../report/auditsarif.ts")).auditSarif(answer, rules, version());
    case "github":
      return (await import("../report/auditci.ts")).auditGithub(answer);
    case "markdown":
      return (await import("../report/auditci.ts")).auditMarkdown(answer);
    default: {
      const toFile = flags.output !== undefined && flags.output !== "-";
      const terminal = terminalOf(toFile ? {} : process.stdout, process.env);
      return (await import("../report/audittext.ts")).auditText(answer, { terminal, exact: flags.bytes });
    }
  }
}

function fail(findings: readonly Finding[], from: AuditFlags["failOn"]): void {
  if (from === "never") return;
  const least = SEVERITIES.indexOf(from);
  const count = findings.filter((finding) => SEVERITIES.indexOf(finding.severity) >= least).length;
  if (count > 0)
    throw new Failure(
      EXIT.checkFailed,
      `${count} finding${count === 1 ? "" : "s"} of severity ${from} or above (--fail-on)`,
    );
}
