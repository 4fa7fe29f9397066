// A program that is released by pare, by a plain loop of the shell and by goreleaser: the same targets, flags and archives, in places of
// their own.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { builtPare } from "../built.ts";
import { ENV, history } from "../explain/subjects.ts";
import type { Place } from "../measure.ts";

export const TARGETS = ["linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64", "windows/amd64"];
const FLAGS = ["-trimpath", "-buildvcs=false"];
const LDFLAGS = "-s -w -buildid=";

export interface Published {
  readonly name: string;
  readonly module: string;
  readonly version: string;
  /** Below the module. */
  readonly pkg: string;
}

export const PROGRAMS: Readonly<Record<string, Published>> = {
  ko: { name: "ko", module: "github.com/google/ko", version: "v0.18.0", pkg: "." },
  shfmt: { name: "shfmt", module: "mvdan.cc/sh/v3", version: "v3.14.1", pkg: "./cmd/shfmt" },
  yq: { name: "yq", module: "github.com/mikefarah/yq/v4", version: "v4.54.1", pkg: "." },
  age: { name: "age", module: "filippo.io/age", version: "v1.3.2", pkg: "./cmd/age" },
};

/** Commands without arguments of their own; each begins with nothing but Go's build cache. */
export interface Contenders {
  readonly loop: readonly string[];
  readonly pare: readonly string[];
  /** Undefined if it is not installed. */
  readonly goreleaser: readonly string[] | undefined;
}

export class Subject {
  readonly program: Published;
  readonly base: string;
  readonly module: string;
  /** Where pare's release goes. */
  readonly dist: string;
  readonly place: Required<Place>;
  readonly #pare = builtPare();

  /** `base`: an empty directory. */
  constructor(program: Published, base: string) {
    this.program = program;
    this.base = base;
    this.module = path.join(base, "module");
    this.dist = path.join(base, "dist");
    this.place = {
      cwd: this.module,
      // Go's own cache would follow XDG_CACHE_HOME
      env: {
        ...ENV,
        GOCACHE: execFileSync("go", ["env", "GOCACHE"], { encoding: "utf8" }).trim(),
        XDG_CACHE_HOME: path.join(base, "cache"),
        XDG_STATE_HOME: path.join(base, "state"),
        XDG_DATA_HOME: path.join(base, "data"),
      },
    };
    this.#writeModule();
    this.#writeLoop();
    this.#writeGoreleaser();
  }

  #writeModule(): void {
    const { name, module, version, pkg } = this.program;
    execFileSync("git", ["clone", "-q", history(`${name}-release`, module, [version]), this.module], { stdio: "pipe" });
    const builds = `builds: [{ package: ${pkg}, name: ${name} }]`;
    const archive = `archive: { format: tar.gz, files: [] }`;
    writeFileSync(
      path.join(this.module, "pare.yaml"),
      `release: { name: ${name}, ${builds}, targets: [${TARGETS.join(", ")}], ${archive} }\n`,
    );
    const windows = path.join(this.module, pkg, "bench_windows.go");
    writeFileSync(windows, "package main\n\nvar _ = 0\n");
    this.commit();
    execFileSync("git", ["tag", "-f", version], { cwd: this.module, stdio: "pipe" });
  }

  /** Makes the tree clean. */
  commit(): void {
    const git = (...words: string[]): void =>
      void execFileSync("git", ["-c", "user.name=bench", "-c", "user.email=bench@example.com", ...words], {
        cwd: this.module,
        stdio: "pipe",
      });
    git("add", "-A", "-f");
    git("commit", "-q", "-m", "bench");
  }

  #writeLoop(): void {
    const { base, program } = this;
    const { name, pkg } = program;
    writeFileSync(
      path.join(base, "one.sh"),
      `set -e
IFS=/ read os arch <<EOF
$1
EOF
out=${base}/loop/${name}_\${os}_$arch
mkdir -p "$out"
GOOS=$os GOARCH=$arch go build ${FLAGS.join(" ")} '-ldflags=${LDFLAGS}' -o "$out/${name}" ${pkg}
tar -C ${base}/loop -czf "$out.tar.gz" "${name}_\${os}_$arch"
`,
    );
    writeFileSync(
      path.join(base, "loop.sh"),
      `set -e
rm -rf ${base}/loop; mkdir ${base}/loop
printf '%s\\n' ${TARGETS.join(" ")} | xargs -P2 -I{} sh ${base}/one.sh {}
cd ${base}/loop && sha256sum *.tar.gz >SHA256SUMS
`,
    );
    writeFileSync(
      path.join(base, "fresh.sh"),
      `set -e
rm -rf ${this.dist} ${base}/cache
exec "$@"
`,
    );
  }

  #writeGoreleaser(): void {
    const { name, pkg } = this.program;
    const build = {
      id: name,
      main: pkg,
      binary: name,
      targets: TARGETS.map((each) => each.replace("/", "_")),
      flags: FLAGS,
      ldflags: [LDFLAGS],
      env: ["CGO_ENABLED=0"],
    };
    writeFileSync(
      path.join(this.base, "goreleaser.yaml"),
      JSON.stringify({
        version: 2,
        dist: path.join(this.base, "goreleaser"),
        builds: [build],
        archives: [{ formats: ["tar.gz"], files: ["none*"] }],
      }),
    );
  }

  /** pare release with these words; what it made before stays. */
  pare(...words: string[]): string[] {
    return [...this.#pare, "release", "-q", "--no-symbols", "-o", this.dist, ...words];
  }

  /** `goreleaserWords`: more for goreleaser. */
  contenders(...goreleaserWords: string[]): Contenders {
    const goreleaser = process.env["GORELEASER"] ?? onPath("goreleaser");
    const config = path.join(this.base, "goreleaser.yaml");
    return {
      loop: ["sh", path.join(this.base, "loop.sh")],
      pare: ["sh", path.join(this.base, "fresh.sh"), ...this.pare()],
      goreleaser:
        goreleaser === undefined
          ? undefined
          : [goreleaser, "release", "--snapshot", "--clean", "-f", config, ...goreleaserWords],
    };
  }

  /** As if pare had never been here; what it knows of costs stays. */
  forget(): void {
    for (const name of ["cache", "dist"])
      rmSync(path.join(this.base, name), { recursive: true, force: true, maxRetries: 5 });
  }

  /** Hashes of all that lies under its final name. */
  hashes(): Map<string, string> {
    const names = existsSync(this.dist) ? (readdirSync(this.dist, { recursive: true }) as string[]).sort() : [];
    const shown = names.filter(
      (name) => !/(?:^|\/)\.|\.tmp$/.test(name) && statSync(path.join(this.dist, name)).isFile(),
    );
    return new Map(shown.map((name) => [name, sha256(readFileSync(path.join(this.dist, name)))]));
  }

  /** Bytes of all archives in a directory. */
  archived(directory: string): number {
    const names = readdirSync(directory).filter((name) => name.endsWith(".tar.gz"));
    return names.reduce((sum, name) => sum + statSync(path.join(directory, name)).size, 0);
  }

  /** Stands a program in front of go that writes down what go is asked; answers what must be in the environment, and what was asked. */
  watchGo(): { env: Readonly<Record<string, string>>; asked: () => string[] } {
    const log = path.join(this.base, "go.log");
    const bin = path.join(this.base, "bin");
    const go = onPath("go")!;
    mkdirSync(bin, { recursive: true });
    writeFileSync(path.join(bin, "go"), `#!/bin/sh\necho "$1 $GOOS/$GOARCH" >>${log}\nexec ${go} "$@"\n`);
    chmodSync(path.join(bin, "go"), 0o755);
    const asked = (): string[] => {
      const lines = existsSync(log) ? readFileSync(log, "utf8").split("\n").filter(Boolean) : [];
      rmSync(log, { force: true });
      return lines;
    };
    return { env: { ...this.place.env, PATH: `${bin}:${process.env["PATH"] ?? ""}` }, asked };
  }
}

/** A subject in a directory of its own, which is removed again. */
export async function withSubject(program: Published, work: (subject: Subject) => void | Promise<void>): Promise<void> {
  const base = mkdtempSync(path.join(tmpdir(), "pare-bench-"));
  try {
    await work(new Subject(program, base));
  } finally {
    rmSync(base, { recursive: true, force: true, maxRetries: 5 });
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function onPath(command: string): string | undefined {
  const found = (process.env["PATH"] ?? "").split(":").map((directory) => path.join(directory, command));
  return found.find((file) => existsSync(file));
}
