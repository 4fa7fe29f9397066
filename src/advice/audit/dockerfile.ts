// Rules about images: order of layers, caches, what the last stage starts from and lacks.
import type { BuildFile } from "../../buildfiles/buildfile.ts";
import { ancestors, type Instruction, type Stage } from "../../buildfiles/dockerfile.ts";
import { goBuildOf, goVerb } from "../../buildfiles/gobuild.ts";
import type { Command } from "../../buildfiles/shell.ts";
import { OPEN } from "../../buildfiles/text.ts";
import type { Found } from "./finding.ts";
import { doing } from "./makes.ts";
import type { Project } from "./project.ts";
import { compileTime } from "./times.ts";

export type DockerBuildFile = Extract<BuildFile, { kind: "dockerfile" }>;

export function dockerfiles(project: Project): DockerBuildFile[] {
  return project.files.filter((file) => file.kind === "dockerfile");
}

function buildsGo(project: Project, file: DockerBuildFile): (instruction: Instruction) => boolean {
  return doing(project, file, (command) => goBuildOf(command) !== undefined);
}

/** Stages for those who work on the program. */
const FOR_DEVELOPERS = /^(?:[\w-]*[_-])?(?:dev|devcontainer|debug|tests?|lint|ci)(?:[_-][\w-]*)?$/i;

/** Dockerfiles that build Go programs, with the stages that do, and the last one that is shipped. */
export function goImages(
  project: Project,
): { readonly file: DockerBuildFile; readonly stages: readonly Stage[]; readonly last: Stage }[] {
  return dockerfiles(project).flatMap((file) => {
    const builds = buildsGo(project, file);
    const stages = file.docker.stages.filter((stage) => stage.instructions.some(builds));
    const last = file.docker.stages.findLast(({ name }) => !FOR_DEVELOPERS.test(name)) ?? file.docker.stages.at(-1);
    return stages.length > 0 && last ? [{ file, stages, last }] : [];
  });
}

/** Those whose last stage is started: one from scratch without a command only carries files out of the build. */
export function startedImages(project: Project): ReturnType<typeof goImages> {
  return goImages(project).filter(
    ({ last }) =>
      baseOf(last).name !== "scratch" ||
      [last, ...ancestors(last)].some((stage) =>
        stage.instructions.some((each) => each.name === "ENTRYPOINT" || each.name === "CMD"),
      ),
  );
}

/** A copy of all of the build context. */
export function copiesAll({ name, flags, words }: Instruction): boolean {
  if ((name !== "COPY" && name !== "ADD") || flags.some((flag) => flag.name === "from")) return false;
  return words.slice(0, -1).some((word) => /^(?:\.\/?|\/|\*|\.\/\*)$/.test(word.text));
}

/** Targets of the cache mounts of a RUN. */
export function cacheMounts({ flags }: Instruction): string[] {
  return flags
    .filter((flag) => flag.name === "mount" && /(?:^|,)type=cache(?:,|$)/.test(flag.value))
    .map((flag) => /(?:^|,)(?:target|dst|destination)=([^,]*)/.exec(flag.value)?.[1] ?? "");
}

const hasModuleCache = (each: Instruction): boolean =>
  cacheMounts(each).some((target) => /(?:^|\/)pkg(?:\/mod)?\/?$|^\/go\/?$|GOMODCACHE/.test(target));
const hasBuildCache = (each: Instruction): boolean =>
  cacheMounts(each).some((target) =>
    /\.cache(?:\/go-build)?\/?$|GOCACHE|go-?(?:build-?)?cache|^\/root\/?$/i.test(target),
  );

export function copyBeforeDownload(project: Project): Found[] {
  if (project.exists("vendor/modules.txt")) return [];
  return goImages(project).flatMap(({ file, stages }) => {
    const builds = buildsGo(project, file);
    const downloads = doing(project, file, isDownload);
    return stages.flatMap((stage) => {
      const copy = stage.instructions.findIndex(copiesAll);
      const build = stage.instructions.findIndex(builds);
      if (copy < 0 || copy > build || hasModuleCache(stage.instructions[build])) return [];
      if (
        ancestors(stage)
          .flatMap((each) => each.instructions)
          .some(downloads) ||
        stage.instructions.slice(0, copy).some(downloads)
      )
        return [];
      const { start, end } = stage.instructions[copy];
      const message =
        "every change of a source file downloads all modules again: copy go.mod and go.sum and download first";
      return [{ file, start, end, message, fix: downloadFirst(project, file, stage, copy) }];
    });
  });
}

const isDownload = (command: Command): boolean => goVerb(command) === "mod download";

/** Only where nothing but go.mod and go.sum is needed to know the modules. */
function downloadFirst(project: Project, file: DockerBuildFile, stage: Stage, copy: number): Found["fix"] {
  const goMod = project.files.find((each) => each.kind === "gomod" && each.path === "go.mod");
  if (goMod?.kind !== "gomod" || goMod.mod.replaces.some((each) => /^\.{0,2}[/\\]/.test(each.path))) return undefined;
  if (!project.exists("go.sum") || project.exists("go.work")) return undefined;
  const { start, end, words } = stage.instructions[copy];
  // "COPY . ." of a context that is the module
  if (words.length !== 2 || !/^\.\/?$/.test(words[0].text) || words[1].isOpen) return undefined;
  const to = words[1].text.endsWith("/") ? words[1].text : `${words[1].text}/`;
  const directory = words[1].text === "." ? "./" : to;
  // the module is downloaded where it will be built
  if (directory !== "./" && !workdirIs(stage, copy, directory)) return undefined;
  const later = stage.instructions
    .slice(copy + 1)
    .find(({ commands, flags }) => commands.length === 1 && isDownload(commands[0]) && flags.length === 0);
  const edits = [{ start, end: start, text: `COPY go.mod go.sum ${directory}\nRUN go mod download\n` }];
  if (!later) return edits;
  const lineEnd = file.text[later.end] === "\n" ? later.end + 1 : later.end;
  return end <= later.start ? [...edits, { start: later.start, end: lineEnd, text: "" }] : undefined;
}

function workdirIs(stage: Stage, before: number, directory: string): boolean {
  const last = stage.instructions.slice(0, before).findLast((each) => each.name === "WORKDIR");
  return last?.words[0] !== undefined && `${last.words[0].text.replace(/\/$/, "")}/` === directory;
}

export function noCacheMount(project: Project): Found[] {
  return goImages(project).flatMap(({ file, stages }) => {
    const builds = buildsGo(project, file);
    return stages.flatMap((stage) =>
      stage.instructions
        .filter((each) => builds(each) && !hasBuildCache(each))
        .slice(0, 1)
        .map(({ start, end }) => ({
          file,
          start,
          end,
          message:
            "every build compiles everything again: keep the build cache with --mount=type=cache,target=/root/.cache/go-build",
          time: compileTime(project),
        })),
    );
  });
}

export function noDockerignore(project: Project): Found[] {
  return dockerfiles(project).flatMap((file) => {
    const all = file.docker.stages.flatMap((stage) => stage.instructions).find(copiesAll);
    const directory = file.path.includes("/") ? file.path.slice(0, file.path.lastIndexOf("/") + 1) : "";
    if (
      !all ||
      [".dockerignore", `${directory}.dockerignore`, `${file.path}.dockerignore`].some((path) => project.exists(path))
    )
      return [];
    const message = "everything in the directory goes into the build context, .git too: write a .dockerignore";
    return [{ file, start: all.start, end: all.end, message }];
  });
}

/** The image that a stage starts from in the end, without tag and digest; tag besides. */
export function baseOf(stage: Stage): { readonly name: string; readonly tag: string } {
  const root = ancestors(stage).at(-1) ?? stage;
  const image = root.base.replace(/@.*$/, "");
  const colon = image.indexOf(":", image.lastIndexOf("/") + 1);
  const full = colon < 0 ? image : image.slice(0, colon);
  return {
    name: full.replace(/^(?:docker\.io\/)?(?:library\/)?/, "").toLowerCase(),
    tag: colon < 0 ? "" : image.slice(colon + 1),
  };
}

const DISTRIBUTIONS = new Set(
  "ubuntu debian fedora centos rockylinux almalinux amazonlinux oraclelinux opensuse/leap archlinux buildpack-deps".split(
    " ",
  ),
);

/** Holds nothing that a dynamic executable needs. */
export function isStaticBase(stage: Stage): boolean {
  const { name } = baseOf(stage);
  return (
    name === "scratch" || /(?:^|\/)distroless\/static(?:-|$)/.test(name) || /(?:^|\/)chainguard\/static$/.test(name)
  );
}

export function heavyBase(project: Project): Found[] {
  return goImages(project).flatMap(({ file, last }) => {
    const { name } = baseOf(last);
    if (baseOf(last).name.includes(OPEN)) return [];
    const { start, end } = last.from;
    if (/(?:^|\/)golang$|(?:^|\/)go$/.test(name)) {
      return [
        {
          file,
          start,
          end,
          message: `the image ships the Go toolchain of ${name}: copy the program into a small image in a last stage`,
        },
      ];
    }
    if (!DISTRIBUTIONS.has(name) || (project.program?.needsCgo.length ?? 0) > 0) return [];
    return [
      {
        file,
        start,
        end,
        message: `the image ships a distribution (${name}) under a program that needs none: start from scratch or gcr.io/distroless/static`,
      },
    ];
  });
}

export function rootUser(project: Project): Found[] {
  return [
    ...servicesAsRoot(project),
    ...startedImages(project).flatMap(({ file, last }) => {
      const { name, tag } = baseOf(last);
      const user = [last, ...ancestors(last)]
        .map((stage) => stage.instructions.findLast((each) => each.name === "USER"))
        .find((each) => each !== undefined);
      const is = user?.words[0];
      if (
        is
          ? is.isOpen || !/^(?:root|0)(?::|$)/.test(is.text)
          : /nonroot/.test(tag) || /chainguard\//.test(name) || name.includes(OPEN)
      )
        return [];
      const { start, end } = user ?? last.from;
      return [
        {
          file,
          start,
          end,
          message: "the program runs as root: add USER 65532:65532, or start from an image with a nonroot tag",
        },
      ];
    }),
  ];
}

/** Services of compose that go back to root. */
function servicesAsRoot(project: Project): Found[] {
  return project.files.flatMap((file) =>
    file.kind === "compose"
      ? file.targets.flatMap(({ name, user }) =>
          user && /^(?:root|0)(?::|$)/.test(user.text)
            ? [
                {
                  file,
                  start: user.start,
                  end: user.end,
                  message: `service ${name} runs as root: remove user, or name another`,
                },
              ]
            : [],
        )
      : [],
  );
}

/** Whether some text of a stage, or of one that it starts from, speaks of a thing. */
function speaksOf(file: DockerBuildFile, stage: Stage, pattern: RegExp): boolean {
  return [stage, ...ancestors(stage)].some((each) =>
    each.instructions.some(({ start, end }) => pattern.test(file.text.slice(start, end))),
  );
}

export function noRoots(project: Project): Found[] {
  if (project.program?.needsRoots !== true) return [];
  return startedImages(project).flatMap(({ file, last }) => {
    const { name } = baseOf(last);
    if (
      !/^(?:scratch|busybox|debian|ubuntu)$/.test(name) ||
      speaksOf(file, last, /ca-certificates|\/certs?\b|\.(?:pem|crt)\b|SSL_CERT/)
    )
      return [];
    const message = `${name} has no root certificates, and the program verifies TLS: copy /etc/ssl/certs/ca-certificates.crt from the build stage`;
    return [{ file, start: last.from.start, end: last.from.end, message }];
  });
}

export function noZones(project: Project): Found[] {
  if (project.program?.needsZones !== true) return [];
  return startedImages(project).flatMap(({ file, stages, last }) => {
    const { name } = baseOf(last);
    if (!/^(?:scratch|busybox|alpine|ubuntu)$/.test(name) || speaksOf(file, last, /tzdata|zoneinfo/i)) return [];
    if (stages.some((stage) => speaksOf(file, stage, /timetzdata/))) return [];
    const message = `${name} has no time zones, and the program looks them up by name: copy /usr/share/zoneinfo, or build with -tags timetzdata`;
    return [{ file, start: last.from.start, end: last.from.end, message }];
  });
}
