// Shares of a release for several machines: which items each of them makes.
import type { PlanItem, ReleasePlan, UniversalPlan } from "./plan.ts";

export interface Share {
  readonly items: readonly PlanItem[];
  readonly universal: readonly UniversalPlan[];
}

/** What goes together, for one is made of the others. */
interface Unit extends Share {
  readonly weight: number;
}

/**
 * Shares 1 to `count`, the heaviest first onto the lightest share. Seconds are what builds took the last time; what is not known counts as
 * the mean of what is. The same plan and the same seconds give the same shares, on whatever machine.
 */
export function shares(plan: ReleasePlan, count: number, secondsOf: (item: PlanItem) => number | undefined): Share[] {
  const seconds = plan.items.map(secondsOf);
  const known = seconds.filter((each) => each !== undefined);
  const mean = known.length === 0 ? 1 : known.reduce((sum, each) => sum + each, 0) / known.length;
  const weights = new Map(plan.items.map(({ id }, i) => [id, seconds[i] ?? mean]));
  const units = unitsOf(plan, weights).sort((a, b) => b.weight - a.weight || (idOf(a) < idOf(b) ? -1 : 1));
  const out = Array.from({ length: count }, () => ({
    items: [] as PlanItem[],
    universal: [] as UniversalPlan[],
    weight: 0,
  }));
  for (const unit of units) {
    const lightest = out.reduce((least, each) => (each.weight < least.weight ? each : least));
    lightest.items.push(...unit.items);
    lightest.universal.push(...unit.universal);
    lightest.weight += unit.weight;
  }
  const order = new Map(plan.items.map(({ id }, i) => [id, i]));
  return out.map(({ items, universal }) => ({
    items: items.sort((a, b) => order.get(a.id)! - order.get(b.id)!),
    universal,
  }));
}

function unitsOf({ items, universal }: ReleasePlan, weights: ReadonlyMap<string, number>): Unit[] {
  const joined = new Set(universal.flatMap(({ parts }) => parts));
  const unit = (own: readonly PlanItem[], joins: readonly UniversalPlan[]): Unit => ({
    items: own,
    universal: joins,
    weight: own.reduce((sum, { id }) => sum + weights.get(id)!, 0),
  });
  return [
    ...universal.map((each) =>
      unit(
        items.filter(({ id }) => each.parts.includes(id)),
        [each],
      ),
    ),
    ...items.filter(({ id }) => !joined.has(id)).map((item) => unit([item], [])),
  ];
}

function idOf({ items }: Unit): string {
  return items[0].id;
}

/** An item's id in one word, for command lines: app:linux/amd64. */
export function wordOf(id: string): string {
  return id.replace(" ", ":");
}

/** The items of these words, and what can be made of them; undefined with the first word that means nothing. */
export function chosenItems(plan: ReleasePlan, words: readonly string[]): Share | { readonly unknown: string } {
  const ids = new Set([...plan.items, ...plan.universal].map(({ id }) => wordOf(id)));
  const unknown = words.find((word) => !ids.has(word));
  if (unknown !== undefined) return { unknown };
  const universal = plan.universal.filter(({ id }) => words.includes(wordOf(id)));
  const needed = new Set(universal.flatMap(({ parts }) => parts.map(wordOf)));
  const items = plan.items.filter(({ id }) => words.includes(wordOf(id)) || needed.has(wordOf(id)));
  return { items, universal };
}

/** The job matrix of GitHub Actions: what `strategy.matrix` takes. */
export function githubMatrix(all: readonly Share[]): { include: { name: string; args: string }[] } {
  const used = all.filter(({ items }) => items.length > 0);
  return {
    include: used.map(({ items, universal }) => ({
      name: items.map(({ target }) => target).join(", "),
      args: `--only ${[...items, ...universal].map(({ id }) => wordOf(id)).join(",")}`,
    })),
  };
}
