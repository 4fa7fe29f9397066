// pare config: the settings in force, each with its origin.
import { loadSettings, type Origin, type Setting } from "../config/settings.ts";
import { visible } from "../report/escape.ts";
import { jsonDocument } from "../report/json.ts";
import { dim, table, terminalOf } from "../report/terminal.ts";
import type { CommonOptions } from "./options.ts";
import { write } from "./output.ts";

export interface ConfigFlags extends CommonOptions {
  readonly json?: boolean;
}

export async function configCommand(flags: ConfigFlags): Promise<void> {
  const {
    files,
    package: pkg,
    scenario,
    run,
    ready,
    timeout,
    variants,
    chosen,
  } = loadSettings({
    cwd: process.cwd(),
    env: process.env,
  });
  const settings = Object.entries<Setting<unknown>>({
    package: pkg,
    "lab.scenario": scenario,
    "lab.run": run,
    "lab.ready": ready,
    "lab.timeout": timeout,
    ...Object.fromEntries([...variants].map(([name, setting]) => [`lab.variants.${name}`, setting])),
    chosen,
  }).map(([name, { value, origin }]) => ({ name, value: value ?? null, origin }));
  if (flags.json === true) {
    await write("-", jsonDocument({ schema: "pare.settings/1", files, settings }));
    return;
  }
  const terminal = terminalOf(process.stdout, process.env);
  const columns = [
    { title: "setting" },
    { title: "value", flexible: true },
    { title: "from", paint: (text: string) => dim(terminal, text) },
  ];
  const cells = settings.map(({ name, value, origin }) => [
    visible(name),
    visible(shown(value)),
    visible(from(origin)),
  ]);
  await write("-", `${table(terminal, columns, cells).join("\n")}\n`);
}

function shown(value: unknown): string {
  if (value === null) return "(not set)";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function from(origin: Origin): string {
  switch (origin.kind) {
    case "flag":
    case "environment":
      return origin.name;
    case "project":
    case "user":
      return `${origin.file}:${origin.line}:${origin.column}`;
    default:
      return "default";
  }
}
