// GitLab CI: jobs with their scripts, caches and conditions. Format: https://docs.gitlab.com/ci/yaml/
import { type Command, readShell } from "./shell.ts";
import { type Snippet, SnippetBuilder } from "./text.ts";
import { at, entriesOf, type Entry, itemsOf, type Mapping, type Scalar, textAt, type Tree } from "./tree.ts";

export interface GitlabJob {
  readonly name: string;
  readonly entry: Entry;
  readonly commands: readonly Command[];
  readonly env: ReadonlyMap<string, string | undefined>;
  /** Its own, that of what it extends, or the default one. */
  readonly caches: readonly Mapping[];
  /** Whether it runs for some changes only. */
  readonly isLimited: boolean;
  /** Values of parallel:matrix. */
  readonly matrix: ReadonlyMap<string, readonly string[]>;
}

export interface GitlabFile {
  readonly jobs: readonly GitlabJob[];
}

/** Keys that are no jobs. */
const RESERVED = new Set(
  "default include stages variables workflow image services cache before_script after_script pages:deploy spec".split(
    " ",
  ),
);
const MAX_EXTENDS = 10;

export function readGitlab(tree: Tree | undefined): GitlabFile {
  const isWorkflowLimited = hasChanges(at(tree, "workflow"));
  const jobs = entriesOf(tree).flatMap((entry): GitlabJob[] => {
    const { key, value } = entry;
    if (value.kind !== "mapping" || RESERVED.has(key.text) || key.text.startsWith(".")) return [];
    const chain = lineage(tree, value);
    const own = (name: string): Tree | undefined =>
      chain.map((each) => at(each, name)).find((found) => found !== undefined);
    const fallback = (name: string): Tree | undefined => own(name) ?? at(tree, "default", name) ?? at(tree, name);
    const env = new Map<string, string | undefined>();
    for (const each of [tree, ...chain.toReversed()])
      for (const { key: name, value: text } of entriesOf(at(each, "variables")))
        env.set(name.text, text.kind === "scalar" && !text.text.includes("$") ? text.text : undefined);
    const lines = [fallback("before_script"), own("script")].flatMap((each) => scriptLines(each));
    const commands = readShell(joined(lines), { env });
    const cache = fallback("cache");
    const caches = (cache?.kind === "sequence" ? cache.items : [cache]).filter((each) => each?.kind === "mapping");
    const isLimited = isWorkflowLimited || chain.some(hasChanges);
    return [{ name: key.text, entry, commands, env, caches, isLimited, matrix: matrixOf(own("parallel")) }];
  });
  return { jobs };
}

/** A job and what it extends, the nearest first. */
function lineage(tree: Tree | undefined, job: Mapping): Tree[] {
  const found: Tree[] = [];
  const queue: Tree[] = [job];
  for (const each of queue) {
    if (found.length >= MAX_EXTENDS) break;
    found.push(each);
    for (const item of itemsOf(at(each, "extends")).toReversed()) {
      const base = item.kind === "scalar" ? at(tree, item.text) : undefined;
      if (base && !found.includes(base)) queue.push(base);
    }
  }
  return found;
}

/** Lists within lists are scripts that others bring in. */
function scriptLines(tree: Tree | undefined, depth = 0): Scalar[] {
  if (depth > 3) return [];
  return itemsOf(tree).flatMap((item) => {
    if (item.kind === "scalar") return [item];
    return item.kind === "sequence" ? scriptLines(item, depth + 1) : [];
  });
}

/** All lines run in one shell. */
function joined(lines: readonly Scalar[]): Snippet {
  const snippets = lines.map((line) => line.snippet());
  const made = new SnippetBuilder(snippets[0]?.source ?? "");
  for (const snippet of snippets) {
    made.append(snippet, 0, snippet.text.length);
    made.put("\n", snippet.span(snippet.text.length, snippet.text.length));
  }
  return made.done();
}

function hasChanges(tree: Tree | undefined): boolean {
  const lists = [at(tree, "rules"), at(tree, "only"), at(tree, "except")];
  return (
    lists.some(
      (list) => at(list, "changes") !== undefined || itemsOf(list).some((item) => at(item, "changes") !== undefined),
    ) || textAt(tree, "when") === "manual"
  );
}

function matrixOf(tree: Tree | undefined): Map<string, readonly string[]> {
  const values = new Map<string, readonly string[]>();
  for (const row of itemsOf(at(tree, "matrix")))
    for (const { key, value } of entriesOf(row))
      values.set(key.text, [
        ...(values.get(key.text) ?? []),
        ...itemsOf(value).map((item) => (item.kind === "scalar" ? item.text : "")),
      ]);
  return values;
}
