// pare explain: the pages of the audit's rules.
import type { BuildRule } from "../advice/schema.ts";
import { nearest } from "../ledger/nearest.ts";
import { terminalOf } from "../report/terminal.ts";
import { loadKnowledge } from "../toolchain/knowledge.ts";
import { EXIT, Failure } from "./failure.ts";
import type { CommonOptions } from "./options.ts";
import { write } from "./output.ts";

export interface RulesFlags extends CommonOptions {
  readonly json?: boolean;
}

export async function rulesCommand(code: string | undefined, flags: RulesFlags): Promise<void> {
  const rules = loadKnowledge("buildfiles");
  const shown = code === undefined ? rules : [ruleOf(rules, code)];
  if (flags.json === true) return write("-", `${JSON.stringify(code === undefined ? shown : shown[0], null, 2)}\n`);
  const terminal = terminalOf(process.stdout, process.env);
  const { ruleList, rulePage } = await import("../report/rulepage.ts");
  await write("-", code === undefined ? ruleList(rules, terminal) : rulePage(shown[0], terminal));
}

/** By code or name, in any case. Throws a Failure that says what was meant. */
export function ruleOf(rules: readonly BuildRule[], word: string): BuildRule {
  const found = rules.find((rule) => rule.code === word.toUpperCase() || rule.slug === word.toLowerCase());
  if (found) return found;
  const meant = nearest(
    word,
    rules.flatMap((rule) => [rule.code, rule.slug]),
  );
  throw new Failure(
    EXIT.usage,
    `there is no rule ${word}${meant === undefined ? "; pare explain lists them" : ` (Did you mean ${meant}?)`}`,
  );
}
