// What the link graph says is worth doing: cures of what keeps dead code.
import type { Action } from "../advice/action.ts";
import type { LinkedFinding } from "../advice/audit/project.ts";
import type { BlockerRow, BoxedRow, Dce } from "./dce.ts";

/** A type that keeps a smaller share of the file is not worth an adapter. */
const LEAST_BOXED = 0.005;
const MOST_BOXED = 3;
/** The same of what another library would save. */
const LEAST_DEPENDENCY = 0.002;

/** Dead-code elimination turned on, and types kept out of interfaces where the program's own code converts them. */
export function linkActions(dce: Dce, isOwn: (pkg: string) => boolean): Action[] {
  const boxed = dce.boxed
    .filter(
      (row) =>
        row.bytes >= LEAST_BOXED * dce.file.size && row.converted !== null && isOwn(row.converted.function.package),
    )
    .slice(0, MOST_BOXED)
    .map(boxedAction);
  return [...(dce.elimination === "off" ? [eliminationAction(dce)] : []), ...boxed];
}

function eliminationAction(dce: Dce): Action {
  const { measured, blockers, dynamic } = dce;
  const isMeasured = measured !== null && "size" in measured && measured.elimination === "on";
  const count = blockers.length + (dynamic ? 1 : 0);
  const steps = [...(dynamic ? ["give up plugins: dynamic linking keeps every method"] : []), ...blockers.map(cureOf)];
  return {
    kind: "cure",
    title: `turn dead-code elimination of methods on: cure ${count === 1 ? "its one blocker" : `all ${count} of its blockers`}`,
    steps,
    bytes: isMeasured ? measured.gain : dce.gain,
    evidence: isMeasured ? "measured" : "estimate",
    how: isMeasured ? "built without the reflective calls" : "dead-code elimination run again without them",
    costs: "",
    source: !blockers.every(({ cures }) => cures[0]?.kind === "tag") || dynamic !== null,
    more: "pare why --dce",
  };
}

/** The first cure of a blocker, as an instruction. */
function cureOf({ functions, cures, broughtBy }: BlockerRow): string {
  const by =
    broughtBy === null ? "in the program's own code" : `brought by ${broughtBy.importer} → ${broughtBy.package}`;
  const place = `${functions[0].symbol} (${by})`;
  if (cures.length === 0) return `${place}: no known cure`;
  const { kind, what, text } = cures[0];
  const verbs = { upgrade: "upgrade to", go: "upgrade to", replace: "replace by", tag: "build with" } as const;
  const verb = kind in verbs ? `${verbs[kind as keyof typeof verbs]} ${what}: ` : "";
  return `${place}: ${verb}${text}`;
}

function boxedAction({ type, bytes, methods, converted, sample }: BoxedRow): Action {
  const position = converted!.position;
  const place = position ? `${position.file}:${position.line}` : converted!.function.symbol;
  return {
    kind: "cure",
    title: `keep *${type} out of interfaces`,
    steps: [`${methods} methods stay for one conversion (${place})`, ...sample],
    bytes,
    evidence: "estimate",
    how: "dead-code elimination run again without methods for it",
    costs: "",
    source: true,
    more: "pare why --dce",
  };
}

const KINDS: { readonly [K in LinkedFinding["kind"]]?: string } = {
  duplicates: "settle on one",
  "test code": "leave it to tests",
  heavy: "take a lighter one",
};

/** What is linked and need not be, where it is known what it costs. Blockers are actions of their own. */
export function dependencyActions(linked: readonly LinkedFinding[], size: number): Action[] {
  return linked.flatMap(({ kind, message, cost }): Action[] => {
    const what = KINDS[kind];
    if (what === undefined || !cost || cost.bytes < LEAST_DEPENDENCY * size) return [];
    // "name: why; cure: how": what is not the name has lines of its own
    const [, name, rest = ""] = /^(.*?)(?:: (.*))?$/s.exec(message) ?? [];
    return [
      {
        kind: "dependency",
        title: `${what}: ${name}`,
        steps: rest.split("; ").filter((step) => step !== ""),
        bytes: cost.bytes,
        evidence: cost.basis,
        how: cost.how,
        costs: kind === "heavy" ? "what takes its place" : "",
        source: true,
        more: "pare deps",
      },
    ];
  });
}
