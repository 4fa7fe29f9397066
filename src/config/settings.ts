// All settings in force, each with where it comes from: flag > environment > project > user > default.
import { readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import type { z } from "zod";
import type { Scenario } from "../advice/scenarios.ts";
import { projectFile, userFile } from "./discover.ts";
import { ConfigError, type Place } from "./failure.ts";
import { type ConfigFile, readConfig } from "./read.ts";
import { type Chosen, type Config, type ConfigVariant, projectSchema, textSchema, userSchema } from "./schema.ts";

export type Origin =
  | { readonly kind: "flag" | "environment"; readonly name: string }
  | ({ readonly kind: "project" | "user" } & Place)
  | { readonly kind: "default" };

export interface Setting<T> {
  readonly value: T;
  readonly origin: Origin;
}

/** Values that the command line gave. */
export interface Flags {
  readonly package?: string | undefined;
  readonly scenario?: Scenario | undefined;
  readonly run?: readonly string[] | undefined;
  readonly ready?: string | undefined;
  readonly timeout?: string | undefined;
}

export interface Settings {
  /** The files that were read, as they are shown, the project's first. */
  readonly files: readonly string[];
  /** An import path, or a path that is valid in the current directory. */
  readonly package: Setting<string>;
  readonly scenario: Setting<Scenario | undefined>;
  readonly run: Setting<readonly string[]>;
  /** "auto", "exit", "output:REGEX", "port:NUMBER" or "port:{port}". */
  readonly ready: Setting<string>;
  /** "500ms", "10s", "2m". */
  readonly timeout: Setting<string>;
  /** By name; one of the project hides the user's own of that name. */
  readonly variants: ReadonlyMap<string, Setting<ConfigVariant>>;
  readonly chosen: Setting<Chosen | undefined>;
}

export interface SettingsOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly flags?: Flags;
}

/** What a setting is called in the environment. */
export const VARIABLES = {
  package: "PARE_PACKAGE",
  scenario: "PARE_SCENARIO",
  ready: "PARE_READY",
  timeout: "PARE_TIMEOUT",
} as const;

/** Reads the files in force and joins them with environment and flags. Throws ConfigError. */
export function loadSettings({ cwd, env, flags = {} }: SettingsOptions): Settings {
  const project = projectFile(cwd);
  const user = userFile(env);
  const sources = [
    ...(project === undefined ? [] : [{ kind: "project" as const, file: open(project, cwd, projectSchema) }]),
    ...(user === undefined ? [] : [{ kind: "user" as const, file: open(user, cwd, userSchema) }]),
  ];

  function flagged<T>(name: string, value: T | undefined): Setting<T> | undefined {
    return value === undefined ? undefined : { value, origin: { kind: "flag", name: `--${name}` } };
  }

  function exported<K extends keyof typeof VARIABLES>(key: K): Setting<NonNullable<Texts[K]>> | undefined {
    const name = VARIABLES[key];
    const text = env[name];
    // as everywhere, a variable that is set to nothing is not set
    if (text === undefined || text === "") return undefined;
    const parsed = textSchema.shape[key].safeParse(text);
    if (!parsed.success) throw new ConfigError([{ file: name, message: parsed.error.issues[0].message }]);
    return { value: parsed.data as NonNullable<Texts[K]>, origin: { kind: "environment", name } };
  }

  /** The value in the first file that has one. */
  function filed<T>(path: readonly string[], pick: (config: Config) => T | undefined): Setting<T> | undefined {
    for (const { kind, file } of sources) {
      const value = pick(file.config);
      if (value !== undefined) return { value, origin: { kind, ...file.place(path)! } };
    }
    return undefined;
  }

  const byDefault = <T>(value: T): Setting<T> => ({ value, origin: { kind: "default" } });
  const pkg = filed(["package"], (c) => c.package);
  const variants = new Map<string, Setting<ConfigVariant>>();
  for (const { kind, file } of sources.toReversed()) {
    for (const [name, value] of Object.entries(file.config.lab?.variants ?? {}))
      variants.set(name, { value, origin: { kind, ...file.place(["lab", "variants", name])! } });
  }
  return {
    files: [project, user].filter((path) => path !== undefined).map((path) => shownPath(path, cwd)),
    package:
      flagged("package", flags.package) ??
      exported("package") ??
      (pkg && { ...pkg, value: fromHere(pkg.value, dirname(project!), cwd) }) ??
      byDefault("."),
    scenario:
      flagged("scenario", flags.scenario) ??
      exported("scenario") ??
      filed(["lab", "scenario"], (c) => c.lab?.scenario) ??
      byDefault(undefined),
    run: flagged("run", flags.run) ?? filed(["lab", "run"], (c) => c.lab?.run) ?? byDefault([]),
    ready:
      flagged("ready", flags.ready) ??
      exported("ready") ??
      filed(["lab", "ready"], (c) => c.lab?.ready) ??
      byDefault("auto"),
    timeout:
      flagged("timeout", flags.timeout) ??
      exported("timeout") ??
      filed(["lab", "timeout"], (c) => c.lab?.timeout) ??
      byDefault("10s"),
    variants,
    chosen: filed(["chosen"], (c) => c.chosen) ?? byDefault(undefined),
  };
}

type Texts = z.infer<typeof textSchema>;

function shownPath(path: string, cwd: string): string {
  const inside = relative(cwd, path);
  return inside.startsWith("..") ? path : inside;
}

function open(path: string, cwd: string, schema: z.ZodType<Config>): ConfigFile {
  const name = shownPath(path, cwd);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new ConfigError([{ file: name, message: `cannot be read (${(error as NodeJS.ErrnoException).code})` }]);
  }
  return readConfig(name, text, schema);
}

/** A directory that a file names, as one names it here. */
function fromHere(pkg: string, root: string, cwd: string): string {
  if (pkg !== "." && !/^\.[/\\]/.test(pkg)) return pkg;
  const way = relative(cwd, resolve(root, pkg));
  return way === "" ? "." : way.startsWith("..") ? way : `./${way}`;
}
