// Rules about CI: what is kept from one run to the next, and when runs are for nothing.
import type { FileOf } from "../../buildfiles/buildfile.ts";
import { goVerb } from "../../buildfiles/gobuild.ts";
import type { Job, Step } from "../../buildfiles/github.ts";
import type { GitlabJob } from "../../buildfiles/gitlab.ts";
import type { Command } from "../../buildfiles/shell.ts";
import { at, entriesOf, entryOf, scalarsOf, textAt } from "../../buildfiles/tree.ts";
import type { Found } from "./finding.ts";
import type { Project } from "./project.ts";
import { compileTime, warmTime } from "./times.ts";

type WorkflowFile = FileOf<"github">;

function workflows(project: Project): WorkflowFile[] {
  return project.files.filter((file) => file.kind === "github");
}

/** The first step of a job that compiles Go. */
function compiling(job: Job): Step | undefined {
  return job.steps.find((step) => step.commands.some(compiles) || step.action === "goreleaser/goreleaser-action");
}

function compiles({ words, ...command }: Command): boolean {
  if (/(?:^|\/)goreleaser$/.test(words[0].text)) return true;
  if (!/^(?:build|test|install|vet|run)$/.test(goVerb({ words, ...command }))) return false;
  // a tool of others, by its version: "example.org/tool@latest"
  return !words.some(({ text }) => /^[\w-]+(?:\.[\w-]+)+\/[^@]*@/.test(text));
}

/** Jobs of GitLab that compile Go, with their files. */
function gitlabJobs(project: Project): { readonly file: FileOf<"gitlab">; readonly job: GitlabJob }[] {
  return project.files.flatMap((file) =>
    file.kind === "gitlab"
      ? file.gitlab.jobs.filter((job) => job.commands.some(compiles)).map((job) => ({ file, job }))
      : [],
  );
}

const CACHE_ACTIONS = /^actions\/cache(?:\/restore)?$/;
/** Actions that keep Go's caches without being told what to keep. */
const KEEPERS = /cache.*go|go.*cache|^useblacksmith\/|^namespacelabs\/|^jdx\/mise-action$/;
/** Actions that set up all that a project needs; those of the repository itself (".github/actions/…") too. */
const SETUPS = /^\.|(?:^|[/-])setup(?:-(?:env|environment|ci|build|go|golang))?$/;
/** Actions that keep something else. */
const NOT_GO =
  /^actions\/|docker|buildx|qemu|lint|node|npm|yarn|bun|deno|python|poetry|\buv\b|java|gradle|maven|ruby|rust|cargo|php|composer|nix|codeql/;

/** Whether a step may keep Go's caches in a way that its name and inputs do not tell. */
function mayKeep({ action, with: inputs }: Step): boolean {
  if (KEEPERS.test(action)) return true;
  if (action === "" || NOT_GO.test(action)) return false;
  if (SETUPS.test(action)) return true;
  return entriesOf(inputs).some(
    ({ key, value }) => /cache/i.test(key.text) && !(value.kind === "scalar" && /^(?:false|)$/.test(value.text)),
  );
}

interface GoCache {
  readonly step: Step;
  readonly key: string;
}

/** Steps that keep Go's caches by themselves. */
function goCaches(job: Job): GoCache[] {
  return job.steps
    .filter(
      (step) =>
        CACHE_ACTIONS.test(step.action) && /go-build|GOCACHE|go\/pkg|GOMODCACHE/.test(textAt(step.with, "path") ?? ""),
    )
    .map((step) => ({ step, key: textAt(step.with, "key") ?? "" }));
}

function setupGo(job: Job): Step | undefined {
  return job.steps.find((step) => step.action === "actions/setup-go");
}

/** setup-go caches by itself since v4, in v3 if asked to. */
function setupCaches(step: Step | undefined): boolean {
  if (!step) return false;
  const cache = textAt(step.with, "cache");
  if (cache !== undefined) return cache !== "false";
  return step.major === undefined || step.major >= 4;
}

function isKept(job: Job): boolean {
  const keepsBuilds = goCaches(job).some(({ step }) => /go-build|GOCACHE/.test(textAt(step.with, "path") ?? ""));
  if (keepsBuilds || setupCaches(setupGo(job)) || job.steps.some(mayKeep)) return true;
  return (
    /self-hosted/.test(job.runsOn) ||
    job.steps.some((step) => step.commands.some((command) => command.env.has("GOCACHEPROG")))
  );
}

export function cacheNotKept(project: Project): Found[] {
  const gitlab = gitlabJobs(project).flatMap(({ file, job }): Found[] => {
    const isSet = job.env.has("GOCACHE") || job.commands.some((command) => command.env.has("GOCACHE"));
    if (isSet && job.caches.some((cache) => scalarsOf(at(cache, "paths")).length > 0)) return [];
    const { start, end } = job.entry.key;
    const message = `job ${job.name} compiles everything again in each run: set GOCACHE below $CI_PROJECT_DIR and name it in cache:paths`;
    return [{ file, start, end, message, time: compileTime(project) }];
  });
  const github = workflows(project).flatMap((file) =>
    file.workflow.jobs.flatMap((job) => {
      const step = compiling(job);
      // a cache that is switched off is another finding
      if (!step || isKept(job) || textAt(setupGo(job)?.with, "cache") === "false") return [];
      const { start, end } = job.entry.key;
      const message = `job ${job.name} compiles everything again in each run: nothing keeps GOCACHE`;
      return [{ file, start, end, message, time: compileTime(project) }];
    }),
  );
  return [...github, ...gitlab];
}

/** Who publishes may well not read what other runs wrote (https://docs.zizmor.sh/audits/#cache-poisoning). */
function isRelease({ workflow: { triggers } }: WorkflowFile): boolean {
  return triggers.some(
    ({ name, filter }) =>
      name === "release" ||
      (name === "push" && at(filter, "tags") !== undefined && at(filter, "branches") === undefined),
  );
}

export function setupCacheOff(project: Project): Found[] {
  return workflows(project).flatMap((file) =>
    file.workflow.jobs.flatMap((job) => {
      if (isRelease(file)) return [];
      const step = setupGo(job);
      const off = entryOf(step?.with, "cache");
      if (off?.value.kind !== "scalar" || off.value.text !== "false" || !compiling(job) || isKept(job)) return [];
      return [
        {
          file,
          start: off.key.start,
          end: off.value.end,
          message: `job ${job.name} switches the cache of setup-go off, and has no other`,
          time: compileTime(project),
        },
      ];
    }),
  );
}

/** Names of a matrix that make what is compiled differ. */
const TARGET_NAME = /^(?:.*\.)?(?:goos|goarch|goarm|goamd64|cgo|cgo_enabled|os|arch|target|platform|tags|flags|race)$/i;

export function cacheKey(project: Project): Found[] {
  const gitlab = gitlabJobs(project).flatMap(({ file, job }): Found[] => {
    const names = [...job.matrix]
      .filter(([name, values]) => values.length > 1 && TARGET_NAME.test(name))
      .map(([name]) => name);
    return job.caches.flatMap((cache) => {
      const entry = entryOf(cache, "key");
      const key = entry ? file.text.slice(entry.value.start, entry.value.end) : "";
      const missing = names.filter((name) => !key.includes(name));
      if (missing.length === 0) return [];
      const { start, end } = entry?.value ?? cache;
      return [
        {
          file,
          start,
          end,
          message: `rows of the matrix share one cache, though they compile differently: put $${missing.join(", $")} into its key`,
          time: compileTime(project),
        },
      ];
    });
  });
  const github = workflows(project).flatMap((file) =>
    file.workflow.jobs.flatMap((job): Found[] => {
      const step = compiling(job);
      if (!step) return [];
      const own = goCaches(job);
      const found: Found[] = [];
      for (const { step: cache, key } of own) {
        const entry = entryOf(cache.with, "key");
        if (!entry) continue;
        const { start, end } = entry.value;
        const missing = matrixNames(file, job).filter((name) => !key.includes(`matrix.${name}`));
        if (!/hashFiles\([^)]*go\.(?:sum|mod|work)/.test(key) && !/github\.(?:sha|run_id)/.test(key))
          found.push({
            file,
            start,
            end,
            message: "the key of the cache stays the same when modules change: put hashFiles('**/go.sum') into it",
            time: compileTime(project),
          });
        else if (missing.length > 0)
          found.push({
            file,
            start,
            end,
            message: `rows of the matrix share one cache, though they compile differently: put ${list(missing)} into its key`,
            time: compileTime(project),
          });
      }
      const setup = setupGo(job);
      const names = matrixNames(file, job).filter((name) => !/^os$/.test(name));
      if (own.length === 0 && setup && setupCaches(setup) && names.length > 0) {
        const { start, end } = entryOf(setup.node, "uses")?.value ?? setup.node;
        const message = `rows of the matrix share the cache of setup-go, and the first to end writes it: keep GOCACHE under a key with ${list(names)}`;
        found.push({ file, start, end, message, time: compileTime(project) });
      }
      return found;
    }),
  );
  return [...github, ...gitlab];
}

const list = (names: readonly string[]): string => names.map((name) => `matrix.${name}`).join(", ");

/**
 * Names with several values that change what is compiled: where they reach what compiles, or nobody knows. The runner's own system is in
 * every key.
 */
function matrixNames({ text }: WorkflowFile, job: Job): string[] {
  const parts = [...job.steps.filter((step) => compiling({ ...job, steps: [step] })).map((step) => step.node), job.env];
  const told = parts.map((node) => (node ? text.slice(node.start, node.end) : "")).join("\n");
  return [...job.matrix]
    .filter(
      ([name, values]) =>
        values.length > 1 &&
        TARGET_NAME.test(name) &&
        told.includes(`matrix.${name}`) &&
        !job.runsOn.includes(`matrix.${name}`),
    )
    .map(([name]) => name);
}

export function noRestoreKeys(project: Project): Found[] {
  const gitlab = gitlabJobs(project).flatMap(({ file, job }): Found[] =>
    job.caches.flatMap((cache) => {
      const entry = entryOf(cache, "key");
      if (!entry || at(cache, "fallback_keys") || job.env.has("CACHE_FALLBACK_KEY")) return [];
      const { start, end } = entry.value;
      if (!at(entry.value, "files") && !/\$\{?CI_COMMIT_/.test(file.text.slice(start, end))) return [];
      return [
        {
          file,
          start: entry.key.start,
          end,
          message: "a new key starts from nothing: fallback_keys takes an older cache",
          time: compileTime(project),
        },
      ];
    }),
  );
  const github = workflows(project).flatMap((file) =>
    file.workflow.jobs.flatMap((job) =>
      goCaches(job).flatMap(({ step, key }) => {
        const entry = entryOf(step.with, "key");
        if (!entry || at(step.with, "restore-keys")) return [];
        const { start, end } = entry.value;
        const message = "a changed go.sum starts from nothing: restore-keys takes the nearest older cache";
        return [
          {
            file,
            start: entry.key.start,
            end,
            message,
            time: compileTime(project),
            fix: restoreKeys(file, key, entry.key.start, start, end),
          },
        ];
      }),
    ),
  );
  return unique([...github, ...gitlab]);
}

/** Jobs that share a cache by anchors or extends share its place too. */
function unique(found: readonly Found[]): Found[] {
  return [...new Map(found.map((each) => [`${each.file.path} ${each.start}`, each])).values()];
}

/** The part of the key in front of the first hash. */
function restoreKeys(file: WorkflowFile, key: string, entry: number, start: number, end: number): Found["fix"] {
  const { text } = file;
  const prefix = /^(.+?)\$\{\{\s*hashFiles/.exec(key)?.[1];
  const lineStart = text.lastIndexOf("\n", entry) + 1;
  const indent = text.slice(lineStart, entry);
  // a key on one line of a block mapping
  if (prefix === undefined || !/^ *$/.test(indent) || text.slice(start, end).includes("\n")) return undefined;
  const lineEnd = text.indexOf("\n", end);
  const position = lineEnd < 0 ? text.length : lineEnd;
  return [{ start: position, end: position, text: `\n${indent}restore-keys: |\n${indent}  ${prefix}` }];
}

/** An earlier job tells whether this one is needed. */
function isChosen({ condition }: Job): boolean {
  return /needs\.[\w-]+\.outputs|needs\[/.test(condition);
}

export function docsOnlyBuilds(project: Project): Found[] {
  // one place a file: the cure is one for all jobs
  const gitlab = new Map<string, Found>();
  for (const { file, job } of gitlabJobs(project)) {
    if (job.isLimited || gitlab.has(file.path)) continue;
    const { start, end } = job.entry.key;
    const message = "a change of documents alone compiles and tests everything: add workflow:rules with changes";
    gitlab.set(file.path, { file, start, end, message, time: warmTime(project) });
  }
  const github = workflows(project).flatMap((file) => {
    if (
      !file.workflow.jobs.some(
        (job) =>
          !isChosen(job) &&
          (compiling(job) ?? job.steps.find((step) => step.action === "docker/build-push-action")) !== undefined,
      )
    )
      return [];
    return file.workflow.triggers
      .filter(({ name, filter }) => {
        if (name !== "push" && name !== "pull_request") return false;
        const keys = entriesOf(filter).map(({ key }) => key.text);
        if (keys.includes("paths") || keys.includes("paths-ignore")) return false;
        return !(keys.includes("tags") && !keys.includes("branches") && !keys.includes("branches-ignore"));
      })
      .slice(0, 1)
      .map(({ name, span }) => ({
        file,
        start: span.start,
        end: span.end,
        message: `on ${name}, a change of documents alone compiles and tests everything: add paths-ignore: ["**.md", "docs/**"]`,
        time: warmTime(project),
      }));
  });
  return [...github, ...gitlab.values()];
}
