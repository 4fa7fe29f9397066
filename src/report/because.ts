// Why packages grew, in words and in groups: what one reference let in is told together.
import type { Because, Diff, DiffEdge, DiffEnd } from "../ledger/diff.ts";

/** Growth that came in by one reference. */
export interface Reason {
  /** "main.debugRoutes → net/http/pprof.Index"; not escaped. */
  readonly text: string;
  /** Bytes of all its packages. */
  readonly delta: number;
  /** Largest growth first. */
  readonly packages: readonly { readonly path: string; readonly delta: number; readonly because: Because }[];
}

/** Reasons by the reference through which the growth first entered, the largest growth first. */
export function reasons(diff: Diff): Reason[] {
  const deltas = new Map(diff.modules.flatMap((m) => m.packages.map((p) => [p.path, p.delta] as const)));
  const groups = new Map<string, { delta: number; packages: Reason["packages"][number][] }>();
  for (const because of diff.because ?? []) {
    const text = because.change === "grown" ? grownText(because) : edgeText(because.entrance ?? because);
    let group = groups.get(text);
    if (!group) groups.set(text, (group = { delta: 0, packages: [] }));
    const delta = deltas.get(because.package) ?? 0;
    group.delta += delta;
    group.packages.push({ path: because.package, delta, because });
  }
  return [...groups].map(([text, group]) => ({ text, ...group })).sort((a, b) => b.delta - a.delta);
}

/** "net/http, crypto/tls, net and 71 more", in at most so many characters if there is more than one name; not escaped. */
export function packageList({ packages }: Reason, width: number): string {
  for (let n = packages.length; ; n--) {
    const names = packages.slice(0, n).map((p) => p.path);
    const text = n === packages.length ? names.join(", ") : `${names.join(", ")} and ${packages.length - n} more`;
    if (text.length <= width || n <= 1) return text;
  }
}

/** The edge that reaches into one package; not escaped. */
export function becauseText(because: Because): string {
  return because.change === "grown" ? grownText(because) : edgeText(because);
}

function grownText({ to }: Because): string {
  return `${endText(to)} is larger`;
}

const TASK = "..inittask";

/** An init task stands for its package: that one is before the other tells that it is imported. */
function edgeText({ from, to }: DiffEdge): string {
  if (from.symbol.endsWith(TASK) && to.symbol.endsWith(TASK)) return `${from.package} imports ${to.package}`;
  return `${endText(from)} → ${endText(to)}`;
}

function endText({ symbol, package: pkg }: DiffEnd): string {
  if (symbol.endsWith(TASK)) return `init of ${pkg}`;
  // a function's value is the function
  return symbol.replace(/·f$/, "") || `(unnamed) (${pkg})`;
}
