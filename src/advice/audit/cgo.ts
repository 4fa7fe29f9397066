// Rules about C: on without need, and on for an image that cannot start what comes out.
import type { BuildFile, FileOf } from "../../buildfiles/buildfile.ts";
import { ancestors, type Stage } from "../../buildfiles/dockerfile.ts";
import { flagValue, type GoBuild, goBuildOf, wordsOf } from "../../buildfiles/gobuild.ts";
import { baseOf, isStaticBase, startedImages } from "./dockerfile.ts";
import { entryOf } from "../../buildfiles/tree.ts";
import type { Found } from "./finding.ts";
import type { Project } from "./project.ts";
import { isOfTests, shippedBuilds } from "./shipped.ts";

/** Whether a build may use C, as far as its words and environment tell. */
function usesCgo(build: GoBuild): boolean {
  const { env } = build.command;
  if (env.has("CGO_ENABLED")) return env.get("CGO_ENABLED") === "1";
  // cross-compiling switches it off; a target that is unknown is the machine's own at least once
  const system = env.get("GOOS");
  if (system !== undefined && system !== "linux") return false;
  // machines that build have other processors than these
  const processor = env.get("GOARCH");
  if (processor !== undefined && processor !== "amd64" && processor !== "arm64") return false;
  return !isStatic(build);
}

function isStatic(build: GoBuild): boolean {
  if (/-static\b/.test(flagValue(build, "ldflags") ?? "")) return true;
  const tags = wordsOf((flagValue(build, "tags") ?? "").replaceAll(",", " "));
  return tags.includes("netgo") && tags.includes("osusergo");
}

/** Without a C compiler, as in the alpine images of Go, cgo is off since Go 1.20. */
function hasCompiler(file: BuildFile, stage: Stage): boolean {
  if (!/alpine/.test(baseOf(stage).tag)) return true;
  return [stage, ...ancestors(stage)].some((each) =>
    each.instructions.some(({ start, end }) =>
      /\b(?:gcc|clang|build-base|musl-dev)\b/.test(file.text.slice(start, end)),
    ),
  );
}

/** Builds that a program without need of C makes with it; those whose image cannot start them are told of elsewhere. */
export function cgoWithoutNeed(project: Project): Found[] {
  const { program } = project;
  if (!program || program.needsCgo.length > 0 || !program.mayUseCgo) return [];
  const told = new Set(cgoOnStaticBase(project).map(({ file, start }) => `${file.path} ${start}`));
  return project.files.flatMap((file): Found[] => {
    if (file.kind === "goreleaser") return isOfTests(file.path) ? [] : releaserWithCgo(file);
    const stages = file.kind === "dockerfile" ? file.docker.stages : [];
    return shippedBuilds(project, file).flatMap(({ build }) => {
      const { start, end } = build.go;
      const stage = stages.find((each) => each.instructions.some((i) => i.start <= start && start < i.end));
      if (!usesCgo(build) || told.has(`${file.path} ${start}`) || (stage && !hasCompiler(file, stage))) return [];
      const message = "cgo is on, and no package of this program needs it: build with CGO_ENABLED=0";
      return [{ file, start, end: Math.max(end, build.verb.end), message, fix: switchOff(build, stage) }];
    });
  });
}

/** goreleaser takes the environment as it is. */
function releaserWithCgo(file: FileOf<"goreleaser">): Found[] {
  return file.releaser.builds.flatMap(({ node, env }): Found[] => {
    const [first] = node.entries;
    if (!first || env.has("CGO_ENABLED")) return [];
    const message =
      "cgo is on for the machine's own target, and no package of this program needs it: add CGO_ENABLED=0 to env";
    const { start, end } = entryOf(node, "env")?.key ?? first.key;
    return [{ file, start, end, message }];
  });
}

/** Programs that may need libraries, in images that have none. */
export function cgoOnStaticBase(project: Project): Found[] {
  const { program } = project;
  if (program && program.needsCgo.length === 0 && !program.mayUseCgo) return [];
  return startedImages(project).flatMap(({ file, stages, last }) => {
    if (!isStaticBase(last)) return [];
    return stages
      .filter((stage) => hasCompiler(file, stage))
      .flatMap((stage) =>
        stage.instructions.flatMap(({ commands }) =>
          commands.flatMap((command): Found[] => {
            const build = goBuildOf(command);
            if (!build || !usesCgo(build)) return [];
            const { start } = build.go;
            const message = `cgo is on, so the program may need C libraries, and ${baseOf(last).name} has none: it would not start. Build with CGO_ENABLED=0`;
            const isSafe = program !== undefined && program.needsCgo.length === 0;
            return [{ file, start, end: build.verb.end, message, fix: isSafe ? switchOff(build, stage) : undefined }];
          }),
        ),
      );
  });
}

/** ENV in front of the RUN of an image; in front of the command elsewhere. */
function switchOff(build: GoBuild, stage: Stage | undefined): Found["fix"] {
  const { command, go } = build;
  if (command.env.has("CGO_ENABLED")) return undefined;
  if (stage) {
    const run = stage.instructions.find((each) => each.start <= go.start && go.start < each.end);
    return run && [{ start: run.start, end: run.start, text: "ENV CGO_ENABLED=0\n" }];
  }
  if (command.isNested) return undefined;
  return [{ start: go.start, end: go.start, text: "CGO_ENABLED=0 " }];
}
