// The link probe: a copy of the user's own cmd/link that also writes down what it decided. GOROOT is not touched, and the program that
// it links is byte-identical. Built once per Go version and kept in the cache directory.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheDirectory } from "./directories.ts";
import type { Guard } from "./failure.ts";
import type { GoEnv } from "./go.ts";
import { run } from "./process.ts";
import { shadow } from "./shadow.ts";

/** What is called, and in front of what (cmd/link/internal/ld/main.go, since Go 1.16). */
const HOOKS = {
  // dead-code elimination is done, its references are not rewritten yet
  "ctxt.pareGraph()": 'bench.Start("linksetup")',
  // final addresses are assigned, DWARF is not compressed yet
  "ctxt.pareDump()": 'bench.Start("dwarfcompress")',
};

/** A cause why there is no probe; the caller says so and goes on without. */
export interface NoProbe {
  readonly reason: string;
}

export type Probe = { readonly linker: string } | NoProbe;

function probeSource(name: "probe" | "graph"): string {
  return readFileSync(join(dirname(fileURLToPath(import.meta.url)), `linkprobe/${name}.go.txt`), "utf8");
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
  for (const [call, place] of Object.entries(HOOKS)) {
    if (!main.includes(place)) return { reason: `${env.GOVERSION}'s linker has no place for it` };
    main = main.replace(place, `${call}\n\t${place}`);
  }
  const files = { "main.go": main, "zpare.go": probeSource("probe"), "zparegraph.go": probeSource("graph") };
  const key = createHash("sha256")
    .update(JSON.stringify([env.GOVERSION, env.GOHOSTOS, env.GOHOSTARCH, files]))
    .digest("hex")
    .slice(0, 16);
  const store = join(cacheDirectory(), "linkprobe");
  const linker = join(store, `${env.GOVERSION}-${key}`, env.GOHOSTOS === "windows" ? "link.exe" : "link");
  if (existsSync(linker)) return { linker };

  let work: string;
  try {
    mkdirSync(store, { recursive: true });
    work = mkdtempSync(join(store, "build-"));
  } catch (error) {
    return { reason: `the cache directory cannot be written: ${String(error)}` };
  }
  const remove = (): void => rmSync(work, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  const release = guard(remove);
  try {
    const place = isInside(env.GOROOT, env.GOMODCACHE)
      ? shadowed(env.GOROOT, join(work, "goroot"), files)
      : overlay(env.GOROOT, work, files);
    const out = join(work, "out");
    mkdirSync(out);
    const said = await buildLinker(env, place, join(out, basename(linker)), work, guard);
    if (said !== "") return { reason: `${env.GOVERSION}'s linker does not build with it: ${said}` };
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

function isInside(path: string, directory: string): boolean {
  return directory !== "" && path.startsWith(join(directory, sep));
}

/** Where the changed linker is built: the root of its source, and flags. */
interface Place {
  readonly goroot: string;
  readonly flags: readonly string[];
}

const LINKER = ["src", "cmd", "link", "internal", "ld"];

/** The installation itself, with files of the linker replaced as the go command reads them. */
function overlay(goroot: string, work: string, files: Readonly<Record<string, string>>): Place {
  const replace: Record<string, string> = {};
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(work, name), text);
    replace[join(goroot, ...LINKER, name)] = join(work, name);
  }
  const list = join(work, "overlay.json");
  writeFileSync(list, JSON.stringify({ Replace: replace }));
  return { goroot, flags: ["-overlay", list] };
}

/** Overlays may not replace files of the module cache, where downloaded toolchains live: a root beside it that leads there. */
function shadowed(goroot: string, root: string, files: Readonly<Record<string, string>>): Place {
  shadow(goroot, root, new Map(Object.entries(files).map(([name, text]) => [join(...LINKER, name), text])));
  // the root is another each time: what is compiled must not depend on it
  return { goroot: root, flags: ["-trimpath"] };
}

/** Builds cmd/link for this machine; answers what the go command said if it fails. */
async function buildLinker(env: GoEnv, place: Place, output: string, scratch: string, guard: Guard): Promise<string> {
  const go = join(env.GOROOT, "bin/go");
  const { code, stderr } = await run(go, ["build", ...place.flags, "-o", output, "cmd/link"], {
    cwd: join(place.goroot, "src"),
    env: {
      GOROOT: place.goroot,
      GOOS: env.GOHOSTOS,
      GOARCH: env.GOHOSTARCH,
      // what the user has set for programs must not change the linker: neither in the environment nor by go env -w
      GOENV: "off",
      GOFLAGS: "",
      GOEXPERIMENT: undefined,
      GOCACHE: env.GOCACHE,
      GOTMPDIR: scratch,
      GOWORK: "off",
      GOTOOLCHAIN: "local",
      CGO_ENABLED: "0",
    },
    guard,
  });
  return code === 0 ? "" : stderr.trim().split("\n").slice(0, 3).join(" ");
}

/** What `go build` needs so that it links through the probe and the dump is written. */
export function probeBuild(
  linker: string,
  dump: string,
  graph: boolean,
): { flags: string[]; env: Record<string, string> } {
  const quoted = /[\s'"]/.test(linker) ? `'${linker}'` : linker;
  return {
    flags: [`-toolexec=${quoted}`],
    env: { PARE_LINK_PROBE: "1", PARE_LINK_DUMP: dump, ...(graph ? { PARE_LINK_GRAPH: "1" } : {}) },
  };
}
