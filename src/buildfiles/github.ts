// GitHub workflows: triggers, jobs, steps, and the commands of their scripts.
// Format: https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax
import { type Command, readShell } from "./shell.ts";
import { OPEN, type Span } from "./text.ts";
import { at, entriesOf, type Entry, itemsOf, type Mapping, scalarsOf, textAt, type Tree } from "./tree.ts";

export interface Step {
  readonly node: Mapping;
  /** "actions/setup-go" of "actions/setup-go@v5"; "" for a script. */
  readonly action: string;
  /** Number of its major version; undefined for commits and branches. */
  readonly major: number | undefined;
  readonly with: Tree | undefined;
  readonly commands: readonly Command[];
}

export interface Job {
  readonly name: string;
  readonly entry: Entry;
  readonly runsOn: string;
  /** When it runs, as written; "" for always. */
  readonly condition: string;
  readonly env: Tree | undefined;
  readonly container: Tree | undefined;
  /** Values of each name of the matrix, those of "include" too. */
  readonly matrix: ReadonlyMap<string, readonly string[]>;
  readonly steps: readonly Step[];
}

export interface Trigger {
  readonly name: string;
  readonly span: Span;
  readonly filter: Tree | undefined;
}

export interface Workflow {
  readonly triggers: readonly Trigger[];
  readonly jobs: readonly Job[];
}

type Env = ReadonlyMap<string, string | undefined>;

export function readWorkflow(tree: Tree | undefined): Workflow {
  const env = envOf(at(tree, "env"), new Map());
  const jobs = entriesOf(at(tree, "jobs")).map((entry) => readJob(entry, env));
  return { triggers: triggersOf(at(tree, "on")), jobs };
}

function triggersOf(on: Tree | undefined): Trigger[] {
  if (on?.kind === "mapping") return on.entries.map(({ key, value }) => ({ name: key.text, span: key, filter: value }));
  return scalarsOf(on).map((item) => ({ name: item.text, span: item, filter: undefined }));
}

function envOf(tree: Tree | undefined, around: Env): Env {
  const env = new Map(around);
  for (const { key, value } of entriesOf(tree)) {
    const text = value.kind === "scalar" ? value.text : "";
    env.set(key.text, text.includes("${{") ? undefined : text);
  }
  return env;
}

function readJob(entry: Entry, around: Env): Job {
  const { value: job } = entry;
  const env = envOf(at(job, "env"), around);
  const steps = itemsOf(at(job, "steps")).filter((item) => item.kind === "mapping");
  return {
    name: entry.key.text,
    entry,
    runsOn: itemsOf(at(job, "runs-on"))
      .map((item) => (item.kind === "scalar" ? item.text : ""))
      .join(" "),
    condition: textAt(job, "if") ?? "",
    env: at(job, "env"),
    container: at(job, "container"),
    matrix: matrixOf(at(job, "strategy", "matrix")),
    steps: steps.map((node) => readStep(node, env)),
  };
}

function matrixOf(tree: Tree | undefined): Map<string, readonly string[]> {
  const values = new Map<string, string[]>();
  const add = (name: string, text: string): void => {
    const list = values.get(name) ?? [];
    if (!list.includes(text)) list.push(text);
    values.set(name, list);
  };
  for (const { key, value } of entriesOf(tree)) {
    if (key.text === "exclude") continue;
    for (const item of itemsOf(value)) {
      if (item.kind === "scalar") add(key.text, item.text);
      for (const inner of entriesOf(item))
        if (inner.value.kind === "scalar")
          add(key.text === "include" ? inner.key.text : `${key.text}.${inner.key.text}`, inner.value.text);
    }
  }
  return values;
}

function readStep(node: Mapping, around: Env): Step {
  const [action, version = ""] = (textAt(node, "uses") ?? "").split("@");
  const major = /^v(\d+)/.exec(version)?.[1];
  const run = at(node, "run");
  const env = envOf(at(node, "env"), around);
  return {
    node,
    action: action.toLowerCase(),
    major: major === undefined ? undefined : Number(major),
    with: at(node, "with"),
    commands:
      run?.kind === "scalar"
        ? readShell(
            run.snippet().replace(/\$\{\{([\s\S]*?)\}\}/g, ([, inner]) => expression(inner, env)),
            { env },
          )
        : [],
  };
}

/** "env.NAME" is known here, nothing else is. */
function expression(text: string, env: Env): string {
  const name = /^\s*env\.([A-Za-z_]\w*)\s*$/.exec(text)?.[1];
  return (name === undefined ? undefined : env.get(name)) ?? OPEN;
}
