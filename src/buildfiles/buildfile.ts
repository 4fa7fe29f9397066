// Which files say how a program is built, and what each says.
import { type Dockerfile, readDockerfile } from "./dockerfile.ts";
import { type GitlabFile, readGitlab } from "./gitlab.ts";
import { readWorkflow, type Workflow } from "./github.ts";
import { type GoMod, readGoMod } from "./gomod.ts";
import { readHcl } from "./hcl.ts";
import { type ImageTarget, readBake, readCompose } from "./images.ts";
import { readMakefile, type Recipe } from "./make.ts";
import { readReleaser, type Releaser } from "./releasers.ts";
import { type Command, readShell } from "./shell.ts";
import { readTaskfile } from "./taskfile.ts";
import { snippetOf, type Source } from "./text.ts";
import { readYaml } from "./yaml.ts";

/** Commands that run one after the other. */
export interface Script {
  /** "stage build", "target release", "job test" … */
  readonly label: string;
  readonly commands: readonly Command[];
}

interface Common extends Source {
  /** All commands of the file; each script stands alone. */
  readonly scripts: readonly Script[];
}

interface Contents {
  readonly dockerfile: { readonly docker: Dockerfile };
  readonly bake: { readonly targets: readonly ImageTarget[] };
  readonly compose: { readonly targets: readonly ImageTarget[] };
  readonly github: { readonly workflow: Workflow };
  readonly gitlab: { readonly gitlab: GitlabFile };
  readonly goreleaser: { readonly releaser: Releaser };
  readonly ko: { readonly releaser: Releaser };
  readonly gomod: { readonly mod: GoMod };
  readonly make: { readonly recipes: readonly Recipe[] };
  readonly task: object;
  readonly shell: object;
}

export type Kind = keyof Contents;
export type BuildFile = { readonly [K in Kind]: Common & Contents[K] & { readonly kind: K } }[Kind];
/** A build file of one kind. */
export type FileOf<K extends Kind> = Extract<BuildFile, { kind: K }>;

const NAMES: readonly (readonly [RegExp, Kind])[] = [
  [/(?:^|\/)(?:Dockerfile|Containerfile)(?:\.(?!dockerignore$)[\w.-]+)?$/, "dockerfile"],
  [/\.(?:[Dd]ockerfile|[Cc]ontainerfile)$/, "dockerfile"],
  [/(?:^|\/)docker-bake(?:\.[\w.-]+)?\.(?:hcl|json)$/, "bake"],
  [/(?:^|\/)(?:docker-)?compose(?:[.-][\w.-]+)?\.ya?ml$/, "compose"],
  [/(?:^|\/)\.github\/workflows\/[^/]+\.ya?ml$/, "github"],
  [/(?:^|\/)\.gitlab-ci\.ya?ml$/, "gitlab"],
  [/(?:^|\/)\.?goreleaser(?:[.-][\w.-]+)?\.ya?ml$/, "goreleaser"],
  [/(?:^|\/)\.ko\.ya?ml$/, "ko"],
  [/(?:^|\/)go\.mod$/, "gomod"],
  [/(?:^|\/)(?:GNUm|M|m)akefile$|\.mk$/, "make"],
  [/(?:^|\/)[Tt]askfile(?:\.dist)?\.ya?ml$/, "task"],
  [/\.(?:ba)?sh$/, "shell"],
];

/** What a file is by its path, "/" between elements; undefined if it says nothing about builds. */
export function kindOf(path: string): Kind | undefined {
  return NAMES.find(([pattern]) => pattern.test(path))?.[1];
}

const READERS: {
  readonly [K in Kind]: (text: string, path: string) => Contents[K] & { readonly scripts: readonly Script[] };
} = {
  dockerfile: (text) => {
    const docker = readDockerfile(text);
    const scripts = docker.stages.map((stage) => ({
      label: `stage ${stage.name || stage.base}`,
      commands: stage.instructions.flatMap((each) => each.commands),
    }));
    return { docker, scripts };
  },
  bake: (text, path) => ({
    targets: readBake(path.endsWith(".hcl") ? readHcl(text) : readYaml(text), path),
    scripts: [],
  }),
  compose: (text, path) => ({ targets: readCompose(readYaml(text), path), scripts: [] }),
  github: (text) => {
    const workflow = readWorkflow(readYaml(text));
    const scripts = workflow.jobs.map(({ name, steps }) => ({
      label: `job ${name}`,
      commands: steps.flatMap((step) => step.commands),
    }));
    return { workflow, scripts };
  },
  gitlab: (text) => {
    const gitlab = readGitlab(readYaml(text));
    return { gitlab, scripts: gitlab.jobs.map(({ name, commands }) => ({ label: `job ${name}`, commands })) };
  },
  goreleaser: (text) => ({ releaser: readReleaser(readYaml(text)), scripts: [] }),
  ko: (text) => ({ releaser: readReleaser(readYaml(text)), scripts: [] }),
  gomod: (text) => ({ mod: readGoMod(text), scripts: [] }),
  make: (text) => {
    const recipes = readMakefile(text);
    return { recipes, scripts: recipes.map(({ heading, commands }) => ({ label: `target ${heading}`, commands })) };
  },
  task: (text) => ({
    scripts: readTaskfile(readYaml(text)).map(({ name, commands }) => ({ label: `task ${name}`, commands })),
  }),
  shell: (text) => ({
    scripts: [{ label: "script", commands: readShell(snippetOf(text, 0, text.length), { env: new Map() }) }],
  }),
};

/** Reads a file of that kind. Throws Unreadable. */
export function readBuildFile<K extends Kind>(kind: K, path: string, text: string): FileOf<K> {
  return { kind, path, text, ...READERS[kind](text, path) } as unknown as FileOf<K>;
}
