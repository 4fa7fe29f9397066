// TinyGo, if it is there: its version, a build, and what its complaints mean.
import type { Guard } from "./failure.ts";
import { run } from "./process.ts";
import { versionLine } from "./tools.ts";

/** "0.39.0"; undefined if there is no TinyGo. */
export async function tinygoVersion(guard: Guard): Promise<string | undefined> {
  return parseTinygoVersion((await versionLine("tinygo", ["version"], guard)) ?? "");
}

/** "tinygo version 0.39.0 linux/amd64 (using go version go1.25.0 and LLVM version 19.1.2)". */
export function parseTinygoVersion(line: string): string | undefined {
  return /^tinygo version (\S+)/.exec(line)?.[1];
}

export interface TinygoBuild {
  readonly cwd: string;
  readonly pkg: string;
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly output: string;
  readonly guard: Guard;
  readonly signal?: AbortSignal;
  readonly onStart?: (pid: number) => void;
}

/** Builds a program; answers undefined, or why it cannot: `reason` is one line. */
export async function tinygoBuild(what: TinygoBuild): Promise<{ reason: string; output: string } | undefined> {
  const { flags, output, pkg, ...options } = what;
  const { code, stdout, stderr } = await run("tinygo", ["build", ...flags, "-o", output, pkg], options);
  if (code === 0) return undefined;
  const said = `${stderr}${stdout}`.trim();
  return { reason: tinygoReason(said), output: said };
}

/** Complaints by their form, and what is missing then. */
const COMPLAINTS: readonly {
  readonly pattern: RegExp;
  readonly missing: (...groups: string[]) => string;
  readonly says: (names: string) => string;
}[] = [
  {
    pattern: /requires go version ([\d.]+) through ([\d.]+), got go([\d.]+)/g,
    missing: (from, to, got) => `Go ${from} to ${to}, not ${got}`,
    says: (names) => `this TinyGo needs ${names}`,
  },
  {
    pattern: /package (\S+) is not in (?:std|GOROOT)/g,
    missing: (name) => name,
    says: (names) => `TinyGo has no package ${names}`,
  },
  {
    pattern: /^\S+: (?:\S+ )?undefined: (\S+)/gm,
    missing: (name) => name,
    says: (names) => `TinyGo lacks ${names}`,
  },
  {
    pattern: /undefined \(type (\S+) has no field or method (\w+)/g,
    missing: (type, method) => `${type.replace(/^\*/, "")}.${method}`,
    says: (names) => `TinyGo lacks ${names}`,
  },
  {
    // before 0.24
    pattern: /: (\w+) not declared by package (\w+)/g,
    missing: (name, of) => `${of}.${name}`,
    says: (names) => `TinyGo lacks ${names}`,
  },
  {
    pattern: /undefined symbol: (\S+)/g,
    missing: (name) => name,
    says: (names) => `TinyGo links no Go assembly: ${names} is missing`,
  },
  {
    pattern: /fatal: '(\S+)' file not found/g,
    missing: (name) => name,
    says: (names) => `C code needs ${names}`,
  },
];

const MAX_NAMES = 2;

/** What is missing, by name, in one line. */
export function tinygoReason(output: string): string {
  for (const { pattern, missing, says } of COMPLAINTS) {
    const names = [...new Set([...output.matchAll(pattern)].map((found) => missing(...found.slice(1))))];
    if (names.length === 0) continue;
    const more = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : "";
    return says(names.slice(0, MAX_NAMES).join(", ") + more);
  }
  const line = output.split("\n").find((text) => text.trim() !== "" && !text.startsWith("#")) ?? "it does not say why";
  return `TinyGo fails: ${line.trim()}`;
}
