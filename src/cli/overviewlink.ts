// What the link of the smallest build tells bare `pare`: what changes of source would save, and how small they would make it.
import { dependencyActions, linkActions } from "../explain/actions.ts";
import type { Dce } from "../explain/dce.ts";
import type { LinkModel } from "../explain/model.ts";
import { OutOfTime, within } from "../lab/budget.ts";
import type { Best } from "../lab/overview.ts";
import type { Step } from "../lab/steps.ts";
import { placeOf } from "../toolchain/go.ts";
import { linkedKnowledge } from "./auditfacts.ts";
import type { factsOf, Input, profileInput } from "./input.ts";
import { onInterrupt } from "./interrupt.ts";
import type { Work } from "./overview.ts";

export type Link = LinkModel | { readonly reason: string };

export async function linkOf(
  { testimony, warnings }: Input,
  profile: Awaited<ReturnType<typeof profileInput>>,
  facts: ReturnType<typeof factsOf>,
): Promise<Link> {
  if (!testimony) return { reason: warnings[0] ?? "there is no link probe" };
  const { linkModel } = await import("../explain/model.ts");
  return linkModel(testimony, profile, facts);
}

/** Adds what changes of source save; answers the best build with them, null if none is known to help. */
export async function sourceChanges(work: Work, link: Link, step: Step, best: Best): Promise<Best | null> {
  if ("reason" in link) {
    work.leftOut.push({ what: "what keeps dead code", why: link.reason, command: "pare why --dce" });
    return null;
  }
  work.progress.step("looking for what keeps dead code");
  const { dce } = await import("../explain/dce.ts");
  const { linkedFindings } = await import("../explain/auditfacts.ts");
  const knowledge = linkedKnowledge();
  const found = dce(link, { knowledge, std: false });
  const answered: Dce = { ...found, measured: await cured(work, found, step) };
  const [elimination, ...boxed] = linkActions(answered, (path) => link.moduleOf(path).role === "main");
  work.actions.push(
    ...(elimination ? [elimination, ...boxed] : []),
    ...dependencyActions(linkedFindings(link, knowledge), found.file.size),
  );
  if (found.elimination === "on" || elimination.bytes <= 0) return null;
  return {
    bytes: best.bytes - elimination.bytes,
    evidence: elimination.evidence,
    how: elimination.how,
    command: best.command,
    includes: [...best.includes, elimination.title],
  };
}

/** The program without the reflection of its blockers, built if there is time. */
async function cured(work: Work, { blockers, dynamic, file }: Dce, step: Step): Promise<Dce["measured"]> {
  if (blockers.length === 0 || dynamic) return null;
  const { pkg, budget, progress, leftOut } = work;
  const { buildCured } = await import("../toolchain/cured.ts");
  progress.step("building without the reflection of the blockers");
  try {
    const functions = blockers.flatMap((row) => row.functions.map(({ symbol }) => symbol));
    const found = await within(budget.left, onInterrupt, (guard) =>
      buildCured(functions, { ...placeOf(pkg, process.cwd()), goFlags: step.flags, env: step.env, guard }),
    );
    return "reason" in found ? found : { ...found, gain: file.size - found.size };
  } catch (error) {
    if (!(error instanceof OutOfTime)) throw error;
    leftOut.push({ what: "a build without the blockers", why: error.message, command: "pare why --dce --measure" });
    return null;
  }
}
