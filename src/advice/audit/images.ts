// Rules about how images are built: for which platforms, on which, and with which cache.
import type { BuildFile, FileOf } from "../../buildfiles/buildfile.ts";
import { goBuildOf } from "../../buildfiles/gobuild.ts";
import type { ImageTarget } from "../../buildfiles/images.ts";
import { posix } from "../../buildfiles/paths.ts";
import type { Command, Word } from "../../buildfiles/shell.ts";
import { OPEN } from "../../buildfiles/text.ts";
import { at, entryOf, textAt } from "../../buildfiles/tree.ts";
import { dockerfiles, type DockerBuildFile, goImages } from "./dockerfile.ts";
import type { Found } from "./finding.ts";
import type { Project } from "./project.ts";
import { compileTime } from "./times.ts";

/** One place where an image is built. */
interface ImageBuild {
  readonly file: BuildFile;
  readonly start: number;
  readonly end: number;
  readonly dockerfile: string;
  /** undefined: the builder's own; OPEN among them: unknown. */
  readonly platforms: readonly string[] | undefined;
  readonly hasCache: boolean;
  /** Its result goes to others. */
  readonly isPushed: boolean;
  /** It runs where nothing is left of the run before. */
  readonly isInCi: boolean;
}

function imageBuilds(project: Project): ImageBuild[] {
  return project.files.flatMap((file): ImageBuild[] => {
    switch (file.kind) {
      case "github":
        return [...actionBuilds(file), ...commandBuilds(file)];
      case "bake":
        return file.targets.map((target) => targetBuild(file, target, target.isNamed));
      case "compose":
        return file.targets.map((target) => targetBuild(file, target, false));
      default:
        return commandBuilds(file);
    }
  });
}

function targetBuild(
  file: BuildFile,
  { entry, dockerfile, platforms, hasCache }: ImageTarget,
  isPushed: boolean,
): ImageBuild {
  return { file, start: entry.key.start, end: entry.key.end, dockerfile, platforms, hasCache, isPushed, isInCi: false };
}

/** Steps with docker/build-push-action. Emulation is set up for several platforms. */
function actionBuilds(file: FileOf<"github">): ImageBuild[] {
  return file.workflow.jobs.flatMap(({ steps }) => {
    const unknown = steps.some(({ action }) => action === "docker/setup-qemu-action") ? `${OPEN},${OPEN}` : OPEN;
    return steps.flatMap((step): ImageBuild[] => {
      if (step.action !== "docker/build-push-action") return [];
      const { start, end } = entryOf(step.node, "uses")?.value ?? step.node;
      const context = textAt(step.with, "context") ?? ".";
      const folder = context.includes("${{") || /^https?:/.test(context) ? "." : context;
      const platforms = textAt(step.with, "platforms");
      const push = textAt(step.with, "push") ?? "";
      return [
        {
          file,
          start,
          end,
          dockerfile: posix(textAt(step.with, "file") ?? `${folder}/Dockerfile`),
          platforms: platforms
            ?.replaceAll(/\$\{\{[\s\S]*?\}\}/g, unknown)
            .split(/[\s,]+/)
            .filter(Boolean),
          hasCache: at(step.with, "cache-from") !== undefined || at(step.with, "cache-to") !== undefined,
          isPushed: push !== "" && push !== "false",
          isInCi: true,
        },
      ];
    });
  });
}

/** docker build, docker buildx build; what PowerShell continues on the next line is not known. */
function commandBuilds(file: BuildFile): ImageBuild[] {
  return file.scripts.flatMap(({ commands }) =>
    commands.flatMap((command): ImageBuild[] => {
      const words = command.words.map((word) => word.text);
      if (!/(?:^|\/)(?:docker|podman|nerdctl)$/.test(words[0])) return [];
      const rest = words[1] === "buildx" || words[1] === "image" ? words.slice(2) : words.slice(1);
      if (rest[0] !== "build" && rest[0] !== "b") return [];
      if (command.words.some((word) => isBareOpen(word) || word.text === "`")) return [];
      const platforms = optionOf(command, "--platform");
      const tag = optionOf(command, "-t") ?? optionOf(command, "--tag");
      const isPushed =
        words.includes("--push") ||
        /type=registry|push=true/.test(optionOf(command, "--output") ?? optionOf(command, "-o") ?? "") ||
        commands.some((each) => pushes(each, tag));
      return [
        {
          file,
          start: command.words[0].start,
          end: command.end,
          dockerfile: posix(optionOf(command, "-f") ?? optionOf(command, "--file") ?? "Dockerfile"),
          platforms: platforms?.split(","),
          hasCache: ["--cache-from", "--cache-to"].some((name) => optionOf(command, name) !== undefined),
          isPushed,
          isInCi: file.kind === "github" || file.kind === "gitlab",
        },
      ];
    }),
  );
}

function isBareOpen(word: Word): boolean {
  return word.text === OPEN && word.variables.some((name) => /ARG|OPT|FLAG/i.test(name));
}

function optionOf({ words }: Command, name: string): string | undefined {
  for (const [i, { text }] of words.entries()) {
    if (text === name) return words[i + 1]?.text;
    if (text.startsWith(`${name}=`)) return text.slice(name.length + 1);
  }
  return undefined;
}

/** "docker push" of the same tag. */
function pushes({ words }: Command, tag: string | undefined): boolean {
  return (
    /(?:^|\/)(?:docker|podman|nerdctl)$/.test(words[0].text) &&
    words.some((word) => word.text === "push") &&
    tag !== undefined
  );
}

function goDockerfiles(project: Project): Map<string, DockerBuildFile> {
  return new Map(goImages(project).map(({ file }) => [file.path, file]));
}

/** Whether the image holds a Go program, or nobody knows. */
function isGoImage(project: Project, { dockerfile }: ImageBuild): boolean {
  return goDockerfiles(project).has(dockerfile) || !dockerfiles(project).some((file) => file.path === dockerfile);
}

export function singlePlatform(project: Project): Found[] {
  return imageBuilds(project)
    .filter((build) => build.isPushed && build.platforms === undefined && isGoImage(project, build))
    .map(({ file, start, end }) => ({
      file,
      start,
      end,
      message: "the image is pushed for the platform of its builder alone: arm64 machines emulate it, or cannot run it",
    }));
}

export function noRegistryCache(project: Project): Found[] {
  return imageBuilds(project)
    .filter(
      (build) =>
        !build.hasCache &&
        (build.isInCi || (build.file.kind === "bake" && build.isPushed)) &&
        // where Windows runs in containers there is no BuildKit
        !/windows/i.test(build.dockerfile) &&
        isGoImage(project, build),
    )
    .map(({ file, start, end }) => ({
      file,
      start,
      end,
      message: "no layer is kept between runs: give the build cache-from and cache-to (type=gha or type=registry)",
      time: compileTime(project),
    }));
}

/** Stages that compile on the target's processor although Go compiles for every target. */
export function emulatedBuild(project: Project): Found[] {
  const builds = imageBuilds(project);
  return goImages(project).flatMap(({ file, stages }) => {
    const several = builds.some(({ dockerfile, platforms = [] }) => dockerfile === file.path && platforms.length > 1);
    return stages.flatMap((stage): Found[] => {
      const isNative = /BUILDPLATFORM/.test(file.text.slice(stage.from.start, stage.from.end));
      const { start, end } = stage.from;
      if (!isNative) {
        const message =
          "for other platforms the compiler runs under emulation: use FROM --platform=$BUILDPLATFORM and GOOS=$TARGETOS GOARCH=$TARGETARCH";
        return several && stage.parent === undefined ? [{ file, start, end, message }] : [];
      }
      const lost = stage.instructions
        .flatMap((each) => each.commands)
        .find(
          (command) => goBuildOf(command) && !command.env.has("GOARCH") && !command.words[0].text.endsWith("xx-go"),
        );
      if (!lost) return [];
      const message =
        "the stage runs on the builder's platform and compiles for it, whatever the target is: set GOOS=$TARGETOS GOARCH=$TARGETARCH";
      return [{ file, start: lost.words[0].start, end: lost.end, message }];
    });
  });
}
