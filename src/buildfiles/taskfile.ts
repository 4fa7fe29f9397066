// Taskfiles: commands of tasks with "{{.NAME}}" put in. Format: https://taskfile.dev/docs/reference/schema
import { type Command, readShell } from "./shell.ts";
import { OPEN } from "./text.ts";
import { at, entriesOf, itemsOf, type Scalar, type Tree } from "./tree.ts";

export interface Task {
  readonly name: string;
  readonly commands: readonly Command[];
}

type Values = Map<string, string | undefined>;

const REFERENCE = /\{\{([^{}]*)\}\}/g;
const MAX_DEPTH = 20;

export function readTaskfile(tree: Tree | undefined): Task[] {
  const vars = valuesOf(at(tree, "vars"), new Map());
  const env = valuesOf(at(tree, "env"), new Map());
  return entriesOf(at(tree, "tasks")).map(({ key, value }) => {
    const own = valuesOf(at(value, "vars"), vars);
    const around: Values = new Map();
    for (const [name, text] of valuesOf(at(value, "env"), env)) {
      const put = text === undefined ? OPEN : expanded(text, own, 0);
      around.set(name, put.includes(OPEN) ? undefined : put);
    }
    const scripts = value.kind === "mapping" ? [at(value, "cmds"), at(value, "cmd")] : [value];
    const commands = scripts.flatMap(itemsOf).flatMap((item): Command[] => {
      const script = item.kind === "mapping" ? at(item, "cmd") : item;
      return script?.kind === "scalar" ? commandsOf(script, own, around) : [];
    });
    return { name: key.text, commands };
  });
}

function commandsOf(script: Scalar, vars: Values, env: Values): Command[] {
  return readShell(
    script.snippet().replace(REFERENCE, ([, inner]) => reference(inner, vars, 0)),
    { env },
  );
}

function valuesOf(tree: Tree | undefined, around: Values): Values {
  const values = new Map(around);
  for (const { key, value } of entriesOf(tree)) values.set(key.text, value.kind === "scalar" ? value.text : undefined);
  return values;
}

function expanded(text: string, vars: Values, depth: number): string {
  return text.replace(REFERENCE, (_, inner: string) => reference(inner, vars, depth));
}

function reference(inner: string, vars: Values, depth: number): string {
  const name = /^\s*-?\s*\.([A-Za-z_]\w*)\s*-?\s*$/.exec(inner)?.[1];
  const value = name === undefined ? undefined : vars.get(name);
  return value === undefined || depth > MAX_DEPTH ? OPEN : expanded(value, vars, depth + 1);
}
