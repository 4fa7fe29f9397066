// Trees of YAML, JSON and HCL, each node with its place in the file.
import type { Snippet, Span } from "./text.ts";

export interface Scalar extends Span {
  readonly kind: "scalar";
  /** As text: "true", "1.22", "" for null. */
  readonly text: string;
  /** Where each character of the text comes from. */
  snippet(): Snippet;
}

export interface Entry {
  readonly key: Scalar;
  readonly value: Tree;
}

export interface Mapping extends Span {
  readonly kind: "mapping";
  readonly entries: readonly Entry[];
}

export interface Sequence extends Span {
  readonly kind: "sequence";
  readonly items: readonly Tree[];
}

export type Tree = Scalar | Mapping | Sequence;

const MAX_MERGES = 20;

/** The entry of a mapping; entries that YAML's "<<" brings in count, after its own. */
export function entryOf(tree: Tree | undefined, name: string, depth = 0): Entry | undefined {
  if (tree?.kind !== "mapping") return undefined;
  const own = tree.entries.findLast(({ key }) => key.text === name);
  if (own || depth > MAX_MERGES) return own;
  for (const { key, value } of tree.entries) {
    if (key.text !== "<<") continue;
    for (const each of value.kind === "sequence" ? value.items.slice(0, MAX_MERGES) : [value]) {
      const merged = entryOf(each, name, depth + 1);
      if (merged) return merged;
    }
  }
  return undefined;
}

/** Follows names through mappings. */
export function at(tree: Tree | undefined, ...names: readonly string[]): Tree | undefined {
  let found = tree;
  for (const name of names) found = entryOf(found, name)?.value;
  return found;
}

/** The text of a scalar. */
export function textAt(tree: Tree | undefined, ...names: readonly string[]): string | undefined {
  const found = at(tree, ...names);
  return found?.kind === "scalar" ? found.text : undefined;
}

export function entriesOf(tree: Tree | undefined): readonly Entry[] {
  return tree?.kind === "mapping" ? tree.entries : [];
}

/** Items of a sequence; a scalar is a sequence of one. */
export function itemsOf(tree: Tree | undefined): readonly Tree[] {
  if (tree?.kind === "sequence") return tree.items;
  return tree?.kind === "scalar" && tree.text !== "" ? [tree] : [];
}

export function scalarsOf(tree: Tree | undefined): Scalar[] {
  return itemsOf(tree).filter((item) => item.kind === "scalar");
}
