// How a program is started in a lab: with which arguments, and when it is ready.
import { freePort, type Launch, type Readiness } from "../toolchain/start.ts";
import type { WasmHost } from "../toolchain/wasmhost.ts";

/** A program that can be started. */
export interface Startable {
  readonly path: string;
  /** What starts it, if the system does not. */
  readonly host?: WasmHost | undefined;
}

/** Words of --run: settings of the environment in front, then arguments. "{port}" in any of them is a free port of each start. */
export interface Invocation {
  readonly env: Readonly<Record<string, string>>;
  readonly args: readonly string[];
}

/** auto: found out by starting it once. `port: "{port}"`: the free port that it was told. */
export type ReadyWhen = Readiness | { readonly kind: "auto" } | { readonly kind: "port"; readonly port: typeof PORT };

export const PORT = "{port}";

/**
 * Splits a line into words as a shell does, without expanding anything: blanks separate, "…" and '…' hold together, \ takes the next
 * character as it is (inside of "…" only a quote or another \). Answers undefined for a quote without its end.
 */
export function words(line: string): string[] | undefined {
  const out: string[] = [];
  let word: string | undefined;
  for (let i = 0; i < line.length; i++) {
    const c = line[i];
    if (c === " " || c === "\t" || c === "\n") {
      if (word !== undefined) out.push(word);
      word = undefined;
    } else if (c === "'" || c === '"') {
      word ??= "";
      for (i++; i < line.length && line[i] !== c; i++) {
        if (c === '"' && line[i] === "\\" && (line[i + 1] === '"' || line[i + 1] === "\\")) i++;
        word += line[i];
      }
      if (i >= line.length) return undefined;
    } else if (c === "\\") {
      if (++i >= line.length) return undefined;
      word = (word ?? "") + line[i];
    } else word = (word ?? "") + c;
  }
  if (word !== undefined) out.push(word);
  return out;
}

/** NAME=VALUE words in front are settings, as in a shell. */
export function invocationOf(all: readonly string[]): Invocation {
  const first = all.findIndex((word) => !/^[A-Za-z_][A-Za-z0-9_]*=/.test(word));
  const settings = first < 0 ? all : all.slice(0, first);
  return {
    env: Object.fromEntries(
      settings.map((word) => [word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1)]),
    ),
    args: first < 0 ? [] : all.slice(first),
  };
}

/** How a readiness is written; undefined for what is none: exit, auto, port:8080, port:{port}, output:REGEX. */
export function readyWhen(text: string): ReadyWhen | undefined {
  if (text === "exit" || text === "auto") return { kind: text };
  if (text === `port:${PORT}`) return { kind: "port", port: PORT };
  const port = /^port:(\d{1,5})$/.exec(text);
  if (port) return Number(port[1]) > 0 && Number(port[1]) < 65536 ? { kind: "port", port: Number(port[1]) } : undefined;
  if (!text.startsWith("output:") || text.length === 7) return undefined;
  try {
    return { kind: "output", pattern: new RegExp(text.slice(7), "mu") };
  } catch {
    return undefined;
  }
}

/** Whether each start gets a port of its own. */
export const takesPort = ({ env, args }: Invocation): boolean =>
  [...args, ...Object.values(env)].some((word) => word.includes(PORT));

/** One start of a file, by the host that it needs. */
export async function launchOf(
  { path, host }: Startable,
  invocation: Invocation,
  ready: Exclude<ReadyWhen, { kind: "auto" }>,
): Promise<Pick<Launch, "argv" | "env" | "readiness">> {
  const port = takesPort(invocation) ? await freePort() : 0;
  const fill = (word: string): string => word.replaceAll(PORT, String(port));
  return {
    argv: [...(host?.argv ?? []), path, ...invocation.args.map(fill)],
    env: {
      ...host?.env,
      ...Object.fromEntries(Object.entries(invocation.env).map(([name, value]) => [name, fill(value)])),
    },
    readiness: ready.kind === "port" ? { kind: "port", port: ready.port === PORT ? port : ready.port } : ready,
  };
}
