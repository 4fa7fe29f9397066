// Go programs for tests: compiled once for each distinct input, kept in .cache/fixtures, safe to ask for from several workers at once.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const HERE = path.dirname(fileURLToPath(import.meta.url));
const FIXTURES = path.join(HERE, "fixtures");
const CACHE = path.join(HERE, "../.cache/fixtures");
const ORACLE = path.join(HERE, "oracle");

/** How to build; the defaults are this machine's target, this machine's Go, no flags and CGO_ENABLED=0. */
export interface GoSettings {
  readonly goos?: string;
  readonly goarch?: string;
  readonly ldflags?: string;
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** An exact release such as "go1.22.12", fetched through the module proxy; any from go1.2.2 on that the proxy has. */
  readonly toolchain?: string;
}

export interface GoOptions extends GoSettings {
  /** Folder under test/fixtures. */
  readonly fixture: string;
  /** Package inside the fixture's module; "." by default. */
  readonly pkg?: string;
}

export interface InstallOptions extends GoSettings {
  /** "example.com/path/to/main@v1.2.3": the version is required, so that a test sees the same program for ever. */
  readonly module: string;
}

/** A Go distribution ready to run. */
export interface Toolchain {
  readonly version: string;
  readonly go: string;
  /** "" when `go` finds its own. */
  readonly goroot: string;
}

interface Step {
  readonly toolchain: Toolchain;
  readonly directory: string;
  readonly target: string;
  readonly settings: GoSettings;
  readonly pkg: string;
  readonly extraFlags?: readonly string[];
  readonly extraEnv?: Readonly<Record<string, string>>;
}

/** Minor version of "go1.22.12": 22. Development versions count as newest. */
function minorOf(version: string): number {
  const found = /^go1\.(\d+)/.exec(version);
  return found === null ? Number.MAX_SAFE_INTEGER : Number(found[1]);
}

function run(command: string, words: readonly string[], directory: string, env: NodeJS.ProcessEnv): string {
  try {
    return execFileSync(command, words, {
      cwd: directory,
      env,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      maxBuffer: 64 << 20,
    });
  } catch (error) {
    const said = error instanceof Error && "stderr" in error ? String(error.stderr) : "";
    throw new Error(`${command} ${words.join(" ")} in ${directory}:\n${said}`, { cause: error });
  }
}

let machine: Readonly<Record<string, string>> | undefined;

/** The user's own Go settings, without the flags that would change what is built. */
function machineEnv(): Readonly<Record<string, string>> {
  if (machine === undefined) {
    const names = ["GOPATH", "GOMODCACHE", "GOCACHE", "GOPROXY", "GOSUMDB", "GONOSUMDB", "GOPRIVATE", "GOVERSION"];
    machine = JSON.parse(run("go", ["env", "-json", ...names], HERE, process.env)) as Record<string, string>;
  }
  return machine;
}

function environment(toolchain: Toolchain, settings: GoSettings): NodeJS.ProcessEnv {
  const { GOVERSION: _, ...own } = machineEnv();
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    ...own,
    // GOENV=off: GOFLAGS in the user's file would change the program, and old versions do not know the newer flags
    GOENV: "off",
    GOFLAGS: "",
    GOTOOLCHAIN: "local",
    GOWORK: "off",
    CGO_ENABLED: "0",
    ...(settings.goos === undefined ? {} : { GOOS: settings.goos }),
    ...(settings.goarch === undefined ? {} : { GOARCH: settings.goarch }),
    ...settings.env,
  };
  if (toolchain.goroot !== "") env.GOROOT = toolchain.goroot;
  if (minorOf(toolchain.version) < 11) env.GO111MODULE = "off";
  return env;
}

/** The machine's own Go, or an exact release downloaded through the module proxy. Throws if there is none. */
export function goToolchain(version?: string): Toolchain {
  const own = machineEnv();
  if (version === undefined || version === own.GOVERSION) return { version: own.GOVERSION, go: "go", goroot: "" };
  const env = { ...process.env, ...own, GOENV: "off", GOFLAGS: "", GOTOOLCHAIN: version };
  const [os, arch] = run("go", ["env", "GOHOSTOS", "GOHOSTARCH"], HERE, { ...env, GOTOOLCHAIN: "local" }).split("\n");
  const goroot = path.join(own.GOMODCACHE, `golang.org/toolchain@v0.0.1-${version}.${os}-${arch}`);
  const go = path.join(goroot, "bin/go");
  if (!isExecutable(go)) run("go", ["version"], HERE, env);
  return { version, go, goroot };
}

/** The go command makes what it has downloaded executable last, when all of it is there. */
function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Every file of a folder, in a fixed order, as relative paths. */
function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
}

function keyOf(parts: readonly unknown[], folder?: string): string {
  const hash = createHash("sha256").update(JSON.stringify(parts));
  for (const file of folder === undefined ? [] : filesOf(folder)) {
    hash.update(`\0${file}\0`).update(readFileSync(path.join(folder ?? "", file)));
  }
  return hash.digest("hex").slice(0, 16);
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function takeLock(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: "wx" });
    return true;
  } catch {
    return false;
  }
}

/** Makes a folder exactly once, whichever workers ask; a worker that died while making it loses its lock. */
function once(folder: string, make: (folder: string) => void): string {
  const done = `${folder}/.done`;
  const lock = `${folder}.lock`;
  mkdirSync(path.dirname(folder), { recursive: true });
  const pause = new Int32Array(new SharedArrayBuffer(4));
  while (!existsSync(done)) {
    if (!takeLock(lock)) {
      const holder = existsSync(lock) ? Number(readFileSync(lock, "utf8")) : 0;
      const age = existsSync(lock) ? Date.now() - statSync(lock).mtimeMs : 0;
      if (age > 1000 && holder > 0 && !alive(holder)) rmSync(lock, { force: true });
      Atomics.wait(pause, 0, 0, 50);
      continue;
    }
    try {
      if (!existsSync(done)) {
        rmSync(folder, { recursive: true, force: true });
        mkdirSync(folder, { recursive: true });
        make(folder);
        writeFileSync(done, "");
      }
    } finally {
      rmSync(lock, { force: true });
    }
  }
  return folder;
}

function compile(step: Step): void {
  const { toolchain, settings } = step;
  const words = ["build", "-o", `${step.target}.new`];
  if (minorOf(toolchain.version) >= 18) words.push("-buildvcs=false");
  if (settings.ldflags !== undefined) words.push(`-ldflags=${settings.ldflags}`);
  words.push(...(settings.flags ?? []), ...(step.extraFlags ?? []), step.pkg);
  run(toolchain.go, words, step.directory, { ...environment(toolchain, settings), ...step.extraEnv });
  renameSync(`${step.target}.new`, step.target);
}

/** Name of the executable inside its cache folder: what the go command would call it. */
function programName(name: string, settings: GoSettings): string {
  if (settings.goos === "windows") return `${name}.exe`;
  return settings.goarch === "wasm" ? `${name}.wasm` : name;
}

/** Compiles a program of test/fixtures and returns the path of the executable. Deterministic, cached, never rebuilt in vain. */
export function goBuild(options: GoOptions): string {
  const toolchain = goToolchain(options.toolchain);
  const directory = path.join(FIXTURES, options.fixture);
  const key = keyOf(["build", toolchain.version, options], directory);
  const name = programName(path.basename(options.fixture), options);
  const pkg = options.pkg ?? ".";
  const folder = once(path.join(CACHE, `${path.basename(options.fixture)}-${key}`), (made) =>
    compile({ toolchain, directory, target: path.join(made, name), settings: options, pkg }),
  );
  return path.join(folder, name);
}

/** A module of its own that requires `module@version`: replace directives of the dependency do not apply, as with `go install`. */
function moduleFolder(toolchain: Toolchain, module: string): { folder: string; pkg: string } {
  const [pkg, version] = module.split("@");
  if (version === undefined || version === "latest") throw new Error(`${module}: a pinned version is required`);
  const folder = once(path.join(CACHE, `module-${keyOf([toolchain.version, module])}`), (made) => {
    const env = environment(toolchain, {});
    run(toolchain.go, ["mod", "init", "fixture/subject"], made, env);
    run(toolchain.go, ["get", module], made, env);
  });
  return { folder, pkg };
}

/** Builds a third-party program at a pinned version, through the module proxy. Returns the path of the executable. */
export function goInstall(options: InstallOptions): string {
  const toolchain = goToolchain(options.toolchain);
  const { folder: directory, pkg } = moduleFolder(toolchain, options.module);
  const name = programName(path.basename(pkg), options);
  const key = keyOf(["install", toolchain.version, options]);
  const folder = once(path.join(CACHE, `${path.basename(pkg)}-${key}`), (made) =>
    compile({ toolchain, directory, target: path.join(made, name), settings: options, pkg }),
  );
  return path.join(folder, name);
}

/** A copy of the toolchain's linker that also writes down what it decided (test/oracle). */
function oracleLinker(toolchain: Toolchain): string {
  return once(path.join(CACHE, `oracle-${toolchain.version}-${keyOf([toolchain.version], ORACLE)}`), (made) => {
    const env = environment(toolchain, {});
    if (toolchain.goroot !== "") env.PATH = path.join(toolchain.goroot, "bin") + path.delimiter + env.PATH;
    run("sh", [path.join(ORACLE, "build.sh"), made], HERE, env);
  });
}

/**
 * Builds with a linker that testifies: the executable is byte-identical to the one of {@link goBuild} or {@link goInstall}, and `dump`
 * lists every reachable symbol with its relocations (format: test/oracle/zdump.go).
 */
export function oracleDump(options: GoOptions | InstallOptions): { executable: string; dump: string } {
  const toolchain = goToolchain(options.toolchain);
  const linker = oracleLinker(toolchain);
  const subject =
    "module" in options
      ? moduleFolder(toolchain, options.module)
      : { folder: path.join(FIXTURES, options.fixture), pkg: options.pkg ?? "." };
  const base = path.basename("module" in options ? subject.pkg : options.fixture);
  const name = programName(base, options);
  const key = keyOf(["oracle", path.basename(linker), options], "module" in options ? undefined : subject.folder);
  const folder = once(path.join(CACHE, `${base}-oracle-${key}`), (made) => {
    compile({
      toolchain,
      directory: subject.folder,
      target: path.join(made, name),
      settings: options,
      pkg: subject.pkg,
      extraFlags: [`-toolexec=${path.join(linker, "toolexec.sh")}`],
      extraEnv: { GOLINK_DUMP: path.join(made, "dump.tsv"), GOLINK_DUMP_RELOCS: "1" },
    });
  });
  return { executable: path.join(folder, name), dump: path.join(folder, "dump.tsv") };
}
