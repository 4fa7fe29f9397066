// pare audit: what build files and the program say, and what can be mended.
import { audit } from "../advice/audit/audit.ts";
import { AUDIT_SCHEMA, type Audit } from "../advice/audit/document.ts";
import { type Finding, SEVERITIES, type Severity } from "../advice/audit/finding.ts";
import type { ProgramFacts } from "../advice/audit/project.ts";
import type { BuildRule } from "../advice/schema.ts";
import { terminalOf } from "../report/terminal.ts";
import { readBuildFiles } from "../toolchain/buildfiles.ts";
import { loadKnowledge } from "../toolchain/knowledge.ts";
import { EXIT, Failure } from "./failure.ts";
import type { CommonOptions } from "./options.ts";
import { write } from "./output.ts";
import { ruleOf } from "./rules.ts";

export interface AuditFlags extends CommonOptions {
  readonly build: boolean;
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
  const program: ProgramFacts | undefined = undefined;
  void goFlags;
  const findings = audit({ files: found.files, exists: found.exists, program }, rules);
  const answer: Audit = {
    schema: AUDIT_SCHEMA,
    files: found.files.map((file) => file.path),
    program: null,
    findings,
    warnings: found.warnings,
  };
  await write(flags.output ?? "-", await text(answer, flags));
  fail(findings, flags.failOn);
}

/** The rules of --only without those of --skip. */
function chosen(rules: readonly BuildRule[], { only, skip = [] }: AuditFlags): BuildRule[] {
  const wanted = only?.map((word) => ruleOf(rules, word));
  const unwanted = skip.map((word) => ruleOf(rules, word));
  return rules.filter((rule) => (wanted?.includes(rule) ?? true) && !unwanted.includes(rule));
}

async function text(answer: Audit, flags: AuditFlags): Promise<string> {
  if (flags.json === true || flags.format === "json") return (await import("../report/json.ts")).jsonDocument(answer);
  const toFile = flags.output !== undefined && flags.output !== "-";
  const terminal = terminalOf(toFile ? {} : process.stdout, process.env);
  return (await import("../report/audittext.ts")).auditText(answer, { terminal, exact: flags.bytes });
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
