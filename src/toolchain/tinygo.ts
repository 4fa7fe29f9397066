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

/** Complaints by their form; the first that is found names what is missing. */
const COMPLAINTS: readonly { readonly pattern: RegExp; readonly says: (...groups: string[]) => string }[] = [
  {
    pattern: /requires go version ([\d.]+) through ([\d.]+), got go([\d.]+)/,
    says: (from, to, got) => `this TinyGo needs Go ${from} to ${to}, and finds ${got}`,
  },
  {
    pattern: /package (\S+) is not in (?:std|GOROOT)/,
    says: (name) => `TinyGo has no package ${name}`,
  },
  {
    pattern: /(?:^|\n)(?:.*?: )?undefined: ((?:[\w]+\.)?[\w.]+)/,
    says: (name) => `TinyGo lacks ${name}`,
  },
  {
    // type.Method: "x.Foo undefined (type T has no field or method Foo)"
    pattern: /: (\S+) undefined \(type (.+?) has no field or method (\w+)/,
    says: (_, type, method) => `TinyGo lacks ${type.replace(/^\*?/, "")}.${method}`,
  },
  {
    pattern: /\(missing method (\w+)\)/,
    says: (method) => `a type of TinyGo's lacks the method ${method}`,
  },
  {
    pattern: /undefined (?:symbol|reference to)[:\s]+[`']?([^\s'`]+)/,
    says: (name) => `TinyGo links without ${name}`,
  },
  {
    pattern: /(?:build constraints exclude all Go files in|no Go files in) (\S+)/,
    says: (path) => `nothing of ${path} is for TinyGo`,
  },
  {
    pattern: /(?:unsupported|unknown) (?:GOOS|GOARCH|target)[^\n]*/i,
    says: (...all) => `TinyGo does not know the target: ${all[0] ?? ""}`.replace(/: $/, ""),
  },
];

/** What is missing, by name, in one line. */
export function tinygoReason(output: string): string {
  for (const { pattern, says } of COMPLAINTS) {
    const found = pattern.exec(output);
    if (found) return says(...found.slice(1));
  }
  const line = output.split("\n").find((text) => text.trim() !== "" && !text.startsWith("#")) ?? "it does not say why";
  return `TinyGo fails: ${line.trim()}`;
}
