// Variants of pare.yaml, and the chosen one on its way there.
import type { Scenario } from "../advice/scenarios.ts";
import type { Chosen, ConfigVariant } from "../config/schema.ts";
import { ToolFailure } from "../toolchain/failure.ts";
import { flagValue, quotedWords } from "../toolchain/goflags.ts";
import type { Variant } from "./model.ts";
import { DEFAULT, derived, type LabFacts } from "./variants.ts";

/** The user's variants behind those of the lab; each may start from any of both that stands in front of it. Throws ToolFailure. */
export function ownVariants(
  named: ReadonlyMap<string, ConfigVariant>,
  known: readonly Variant[],
  { goflags }: LabFacts,
): Variant[] {
  const all = new Map(known.map((variant) => [variant.name, variant]));
  const own: Variant[] = [];
  for (const [name, { from = DEFAULT, flags = [], env = {}, tags = [], describe = "" }] of named) {
    const base = all.get(from);
    if (all.has(name)) throw new ToolFailure("flags", `pare.yaml: the lab has a variant ${name} of its own`);
    if (base === undefined) throw new ToolFailure("flags", `pare.yaml: ${name} starts from ${from}, and there is none`);
    if (base.pack) throw new ToolFailure("flags", `pare.yaml: ${name} cannot start from ${from}: that one is packed`);
    // words for the linker go behind those of what it starts from; else the whole flag would be replaced
    const ldflags = flags.flatMap((flag) => /^--?ldflags=(.*)$/s.exec(flag)?.[1] ?? []);
    const before = flagValue("ldflags", [...quotedWords(goflags), ...base.flags]) ?? "";
    const joined = [before, ...ldflags].filter((words) => words !== "").join(" ");
    const more = {
      env,
      price: describe,
      tags,
      more: [
        ...flags.filter((flag) => !/^--?ldflags=/.test(flag)),
        ...(ldflags.length > 0 ? [`-ldflags=${joined}`] : []),
      ],
    };
    const variant = derived(name, "own", base, more, goflags);
    all.set(name, variant);
    own.push(variant);
  }
  return own;
}

/** A variant as pare.yaml keeps it. */
export function chosenOf({ name, tool, flags, env, pack }: Variant, scenario: Scenario | undefined): Chosen {
  return {
    variant: name,
    ...(scenario === undefined ? {} : { scenario }),
    ...(tool === "go" ? {} : { tool }),
    ...(flags.length > 0 ? { flags: [...flags] } : {}),
    ...(Object.keys(env).length > 0 ? { env: { ...env } } : {}),
    ...(pack ? { pack: { tool: pack.tool, args: [...pack.args] } } : {}),
  };
}
