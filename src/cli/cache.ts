// pare cache: keys for CI, what Go's caches hold, what of them can go.
import { readFileSync } from "node:fs";
import { type CacheFile, inventory, KINDS, trim } from "../cache/inventory.ts";
import { CGO_VARIABLES, cacheKeys, githubSteps, hashOfSums, KEY_VARIABLES, sumFiles } from "../cache/key.ts";
import { mentioned, moduleVersions, removeVersion, unmentioned } from "../cache/modules.ts";
import type { CacheDocument } from "../cache/schema.ts";
import { cacheText } from "../report/cachetext.ts";
import { jsonDocument } from "../report/json.ts";
import { terminalOf } from "../report/terminal.ts";
import { run } from "../toolchain/process.ts";
import { EXIT, Failure } from "./failure.ts";
import { onInterrupt } from "./interrupt.ts";
import type { CommonOptions } from "./options.ts";
import { write } from "./output.ts";

interface CacheFlags extends CommonOptions {
  readonly json?: boolean;
}

export interface KeyFlags extends CacheFlags {
  readonly github?: boolean;
}

async function goEnv(): Promise<Record<string, string>> {
  const names = ["GOCACHE", "GOMODCACHE", "GOMOD", "GOWORK", ...KEY_VARIABLES, ...CGO_VARIABLES];
  try {
    const { code, stdout, stderr } = await run("go", ["env", "-json", ...names], { guard: onInterrupt });
    if (code === 0) return JSON.parse(stdout) as Record<string, string>;
    throw new Failure(EXIT.toolMissing, `go env failed: ${stderr.trim()}`);
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(EXIT.toolMissing, "the go command is not on PATH: install Go (https://go.dev/dl)");
  }
}

async function show(document: CacheDocument, flags: CacheFlags, dryRun = false): Promise<void> {
  const terminal = terminalOf(process.stdout, process.env);
  await write("-", flags.json === true ? jsonDocument(document) : cacheText(document, terminal, dryRun));
}

export async function keyCommand(goFlags: readonly string[], flags: KeyFlags): Promise<void> {
  const env = await goEnv();
  const keys = cacheKeys(env, goFlags, hashOfSums(sumFiles(env)));
  if (flags.github === true) await write("-", githubSteps(env, keys));
  else await show({ schema: "pare.cache/1", directory: env.GOCACHE, modules: env.GOMODCACHE, keys }, flags);
}

/** Lines for a shell: where the caches are, and what makes the go command ask pare. */
export async function envCommand(flags: CacheFlags): Promise<void> {
  const env = await goEnv();
  const { GOCACHE, GOMODCACHE } = env;
  const values = { GOCACHE, GOMODCACHE, GOCACHEPROG: "pare cache prog" };
  if (flags.json === true) {
    await write("-", jsonDocument(values));
    return;
  }
  const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
  await write(
    "-",
    Object.entries(values).map(([name, value]) => `export ${name}=${quoted(value)}\n`),
  );
}

const AGES = [
  ["today", 86_400_000],
  ["this week", 7 * 86_400_000],
  ["this month", 30 * 86_400_000],
  ["longer ago", Number.POSITIVE_INFINITY],
] as const;

const sumOf = (
  name: string,
  files: readonly { readonly size: number }[],
): { name: string; files: number; bytes: number } => ({
  name,
  files: files.length,
  bytes: files.reduce((sum, { size }) => sum + size, 0),
});

function shares(
  files: readonly CacheFile[],
  now: number,
): Pick<CacheDocument, "bytes" | "byAge" | "byKind" | "orphaned"> {
  const ageOf = (file: CacheFile): string => AGES.find(([, limit]) => now - file.used < limit)?.[0] ?? "longer ago";
  return {
    bytes: sumOf("", files).bytes,
    byAge: AGES.map(([name]) =>
      sumOf(
        name,
        files.filter((file) => ageOf(file) === name),
      ),
    ),
    byKind: KINDS.map((kind) =>
      sumOf(
        kind,
        files.filter((file) => file.kind === kind),
      ),
    ),
    orphaned: sumOf(
      "orphaned",
      files.filter((file) => file.orphaned),
    ),
  };
}

export async function sizeCommand(flags: CacheFlags): Promise<void> {
  const env = await goEnv();
  const now = Date.now();
  await show(
    {
      schema: "pare.cache/1",
      directory: env.GOCACHE,
      modules: env.GOMODCACHE,
      ...shares(inventory(env.GOCACHE, now), now),
      moduleVersions: sumOf("modules", moduleVersions(env.GOMODCACHE)),
    },
    flags,
  );
}

export interface TrimFlags extends CacheFlags {
  readonly maxAge?: number;
  readonly maxSize?: number;
  readonly modules?: boolean;
  readonly dryRun?: boolean;
}

export async function trimCommand(flags: TrimFlags): Promise<void> {
  const { maxAge, maxSize, dryRun = false } = flags;
  const env = await goEnv();
  const now = Date.now();
  const { removed, kept } = trim(inventory(env.GOCACHE, now), {
    now,
    dryRun,
    ...(maxAge === undefined ? {} : { maxAge }),
    ...(maxSize === undefined ? {} : { maxSize }),
  });
  const document = {
    schema: "pare.cache/1" as const,
    directory: env.GOCACHE,
    modules: env.GOMODCACHE,
    removed: sumOf("removed", removed),
    bytes: sumOf("", kept).bytes,
  };
  if (flags.modules !== true) return show(document, flags, dryRun);
  const files = sumFiles(env);
  if (files.length === 0) {
    throw new Failure(
      EXIT.usage,
      "--modules keeps what go.sum mentions, and there is no go.sum here: say where with -C",
    );
  }
  const gone = unmentioned(moduleVersions(env.GOMODCACHE), mentioned(files.map((file) => readFileSync(file, "utf8"))));
  if (!dryRun) for (const version of gone) removeVersion(version);
  const removedVersions = gone.map(({ path, version, size }) => ({ path, version, bytes: size }));
  await show({ ...document, removedVersions }, flags, dryRun);
}
