// The link probe: a copy of the user's own cmd/link that also writes down what it decided. GOROOT is not touched, and the program that
// it links is byte-identical. Built once per Go version and kept in the cache directory.
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Guard } from "./failure.ts";
import type { GoEnv } from "./go.ts";
import { run } from "./process.ts";

/** Where the hook goes: final addresses are assigned, DWARF is not compressed yet (cmd/link/internal/ld/main.go, since Go 1.16). */
const HOOK = 'bench.Start("dwarfcompress")';

/** A cause why there is no probe; the caller says so and goes on without. */
export interface NoProbe {
  readonly reason: string;
}

export type Probe = { readonly linker: string } | NoProbe;

/** pare's cache directory (XDG_CACHE_HOME, ~/Library/Caches, LOCALAPPDATA). */
export function cacheDirectory(env: NodeJS.ProcessEnv = process.env): string {
  if (env.XDG_CACHE_HOME) return join(env.XDG_CACHE_HOME, "pare");
  if (process.platform === "darwin") return join(homedir(), "Library/Caches/pare");
  if (process.platform === "win32" && env.LOCALAPPDATA) return join(env.LOCALAPPDATA, "pare/cache");
  return join(homedir(), ".cache/pare");
}

function probeSource(): string {
  return readFileSync(join(dirname(fileURLToPath(import.meta.url)), "linkprobe/probe.go.txt"), "utf8");
}

/** The probe for a Go installation, built if it is not in the cache. Safe to call from several processes at once. */
export async function linkProbe(env: GoEnv, guard: Guard): Promise<Probe> {
  const ld = join(env.GOROOT, "src/cmd/link/internal/ld");
  let main: string;
  try {
    main = readFileSync(join(ld, "main.go"), "utf8");
  } catch {
    return { reason: `the source of ${env.GOVERSION}'s linker is not installed` };
  }
  if (!main.includes(HOOK)) return { reason: `${env.GOVERSION}'s linker has no place for it` };
  const source = probeSource();
  const key = createHash("sha256")
    .update(JSON.stringify([env.GOVERSION, env.GOHOSTOS, env.GOHOSTARCH, main, source]))
    .digest("hex")
    .slice(0, 16);
  const store = join(cacheDirectory(), "linkprobe");
  const linker = join(store, `${env.GOVERSION}-${key}`, env.GOHOSTOS === "windows" ? "link.exe" : "link");
  if (existsSync(linker)) return { linker };

  mkdirSync(store, { recursive: true });
  const work = mkdtempSync(join(store, "build-"));
  const remove = (): void => rmSync(work, { recursive: true, force: true });
  const release = guard(remove);
  try {
    const hooked = main.replace(HOOK, `ctxt.pareDump()\n\t${HOOK}`);
    const added = { "main.go": hooked, "zpare.go": source };
    const out = join(work, "out");
    mkdirSync(out);
    const name = env.GOHOSTOS === "windows" ? "link.exe" : "link";
    const result = env.GOROOT.startsWith(env.GOMODCACHE)
      ? await buildInCopy(env, work, added, join(out, name), guard)
      : await buildByOverlay(env, ld, work, added, join(out, name), guard);
    if (result !== "") return { reason: `${env.GOVERSION}'s linker does not build with it: ${result}` };
    try {
      renameSync(out, dirname(linker));
    } catch {
      // another process was faster: its result is the same
    }
    return existsSync(linker) ? { linker } : { reason: "the cache directory cannot be written" };
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  } finally {
    release();
    remove();
  }
}

/** The environment in which the go command builds its own tools, for this machine. */
function hostEnv(env: GoEnv, goroot: string): Record<string, string | undefined> {
  return {
    GOROOT: goroot,
    GOOS: env.GOHOSTOS,
    GOARCH: env.GOHOSTARCH,
    GOFLAGS: "",
    GOWORK: "off",
    GOTOOLCHAIN: "local",
    CGO_ENABLED: "0",
  };
}

async function buildByOverlay(
  env: GoEnv,
  ld: string,
  work: string,
  files: Record<string, string>,
  output: string,
  guard: Guard,
): Promise<string> {
  const replace: Record<string, string> = {};
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(work, name), text);
    replace[join(ld, name)] = join(work, name);
  }
  const overlay = join(work, "overlay.json");
  writeFileSync(overlay, JSON.stringify({ Replace: replace }));
  return goBuildLinker(
    join(env.GOROOT, "bin/go"),
    ["-overlay", overlay],
    output,
    env.GOROOT,
    hostEnv(env, env.GOROOT),
    guard,
  );
}

/** Overlays may not replace files of the module cache, where downloaded toolchains live: a shadow GOROOT of links, with cmd/link copied. */
async function buildInCopy(
  env: GoEnv,
  work: string,
  files: Record<string, string>,
  output: string,
  guard: Guard,
): Promise<string> {
  const root = join(work, "goroot");
  const shadow = (path: string, real: string): void => {
    const from = join(env.GOROOT, path);
    mkdirSync(join(root, path), { recursive: true });
    for (const name of readdirSync(from)) if (name !== real) symlinkSync(join(from, name), join(root, path, name));
  };
  shadow("", "src");
  shadow("src", "cmd");
  shadow("src/cmd", "link");
  cpSync(join(env.GOROOT, "src/cmd/link"), join(root, "src/cmd/link"), { recursive: true });
  const ld = join(root, "src/cmd/link/internal/ld");
  for (const [name, text] of Object.entries(files)) {
    rmSync(join(ld, name), { force: true });
    writeFileSync(join(ld, name), text);
  }
  return goBuildLinker(join(env.GOROOT, "bin/go"), [], output, root, hostEnv(env, root), guard);
}

async function goBuildLinker(
  go: string,
  flags: readonly string[],
  output: string,
  cwd: string,
  env: Record<string, string | undefined>,
  guard: Guard,
): Promise<string> {
  const { code, stderr } = await run(go, ["build", ...flags, "-trimpath", "-o", output, "cmd/link"], {
    cwd: join(cwd, "src"),
    env,
    guard,
  });
  return code === 0 ? "" : stderr.trim().split("\n").slice(0, 3).join(" ");
}

/** What `go build` needs so that it links through the probe and the dump is written. */
export function probeBuild(
  linker: string,
  dump: string,
  relocations: boolean,
): { flags: string[]; env: Record<string, string> } {
  const quoted = /[\s'"]/.test(linker) ? `'${linker}'` : linker;
  return {
    flags: [`-toolexec=${quoted}`],
    env: { PARE_LINK_PROBE: "1", PARE_LINK_DUMP: dump, ...(relocations ? { PARE_LINK_RELOCS: "1" } : {}) },
  };
}
