// Which of the builds that build files name make something that is shipped: what only tests, generators and developers start is theirs.
import type { BuildFile } from "../../buildfiles/buildfile.ts";
import { ancestors, type Dockerfile, type Stage } from "../../buildfiles/dockerfile.ts";
import type { Job } from "../../buildfiles/github.ts";
import { type GoBuild, goBuildOf } from "../../buildfiles/gobuild.ts";
import type { Command } from "../../buildfiles/shell.ts";
import { OPEN } from "../../buildfiles/text.ts";
import type { Project } from "./project.ts";

export interface Built {
  readonly file: BuildFile;
  readonly build: GoBuild;
  /** Commands of the same script. */
  readonly around: readonly Command[];
}

/** The builds of a file whose result is shipped, as far as files tell. */
export function shippedBuilds(project: Project, file: BuildFile): Built[] {
  if (isOfTests(file.path)) return [];
  const isDevelopers = isReleased(project) && !isPartOfImage(project, file);
  return file.scripts.flatMap(({ commands }, i) => {
    if (file.kind === "github" && !leavesRunner(file.workflow.jobs[i])) return [];
    if (file.kind === "dockerfile" && isOfOthers(file.docker, file.docker.stages[i])) return [];
    if (file.kind === "shell" && commands.some(fetches)) return [];
    return commands.flatMap((command): Built[] => {
      const build = goBuildOf(command);
      if (!build || !build.packages.every((word) => isOwn(project, build, word.text))) return [];
      // without -o a build in CI only asks whether it compiles
      if ((file.kind === "github" || file.kind === "gitlab") && !build.flags.has("o")) return [];
      const isForHere = !command.env.has("GOOS") && !command.env.has("GOARCH");
      return isDevelopers && isForHere ? [] : [{ file, build, around: commands }];
    });
  });
}

const PUBLISHERS =
  /(?:^|\/)(?:gh|docker|podman|buildah|nerdctl|aws|gsutil|gcloud|az|rclone|curl|scp|rsync|ssh|oras|cosign|ghr|g?make|task|.*\.sh)$/;

/** Something of what a job makes may leave the machine that it ran on. */
function leavesRunner({ steps }: Job): boolean {
  return steps.some(
    ({ action, commands }) =>
      /upload|release|publish|deploy|artifact|docker|push|s3|gcs|storage|attest/.test(action) ||
      commands.some(({ words }) => PUBLISHERS.test(words[0].text)),
  );
}

/** A stage that builds the program of another repository: its sources are fetched by git, and nothing of this one is there. */
function isOfOthers({ stages }: Dockerfile, stage: Stage): boolean {
  const mounted = stage.instructions
    .flatMap(({ flags }) => flags.flatMap(({ name, value }) => (name === "mount" ? [mountOf(value)] : [])))
    .filter(({ type }) => type === "bind");
  const sources = [stage, ...ancestors(stage), ...stages.filter(({ name }) => mounted.some((m) => m.from === name))];
  const all = sources.flatMap((each) => each.instructions);
  const isOwnSource =
    mounted.some(({ from }) => from === undefined) ||
    all.some(({ name, flags }) => (name === "COPY" || name === "ADD") && !flags.some((flag) => flag.name === "from"));
  return !isOwnSource && all.some(({ commands }) => commands.some(fetches));
}

function fetches({ words }: Command): boolean {
  return words[0].text === "git" && words.some(({ text }) => text === "clone" || text === "fetch");
}

function mountOf(value: string): { readonly type: string; readonly from: string | undefined } {
  const get = (name: string): string | undefined => new RegExp(`(?:^|,)${name}=([^,]*)`).exec(value)?.[1];
  return { type: get("type") ?? "bind", from: get("from")?.toLowerCase() };
}

/** A path with a directory whose programs nobody ships. */
export function isOfTests(path: string): boolean {
  return path
    .split("/")
    .slice(0, -1)
    .some((name) => OF_TESTS.test(name));
}

const OF_TESTS = /^(?:tests?|e2e|testdata|_?examples?)$/;

/** A program of this repository that is not for its developers alone. */
function isOwn(project: Project, { verb }: GoBuild, pkg: string): boolean {
  // nobody knows what a list of packages installs
  if (pkg.replaceAll(OPEN, "") === "") return verb.text !== "install";
  if (pkg === "tool" || /(?:^|\/)(?:vendor|tools|hack)\//.test(pkg) || isOfTests(`${pkg}/`)) return false;
  // "example.com/app/cmd/app"; what begins with a dot, or has none in front, is a directory
  if (!/^[^./\\][^/\\]*\.[^/\\]*\//.test(pkg)) return true;
  const modules = project.files.flatMap((file) => (file.kind === "gomod" ? [file.mod.module] : []));
  return modules.length === 0 || modules.some((module) => pkg === module || pkg.startsWith(`${module}/`));
}

/** goreleaser or ko make what is shipped. */
function isReleased({ files }: Project): boolean {
  return files.some((file) => (file.kind === "goreleaser" || file.kind === "ko") && !isOfTests(file.path));
}

/** It says itself how an image is made, or may be started while one is made. */
function isPartOfImage({ files }: Project, { kind, path }: BuildFile): boolean {
  if (kind !== "make" && kind !== "task" && kind !== "shell") return true;
  const name = path.slice(path.lastIndexOf("/") + 1);
  return files.some(
    (file) =>
      file.kind === "dockerfile" &&
      file.scripts.some(({ commands }) =>
        commands.some(({ words }) =>
          kind === "shell"
            ? words.some(({ text }) => text.slice(text.lastIndexOf("/") + 1) === name)
            : STARTERS[kind].test(words[0].text),
        ),
      ),
  );
}

const STARTERS = { make: /(?:^|\/)g?make$/, task: /(?:^|\/)(?:go-)?task$/ } as const;
