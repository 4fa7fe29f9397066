// git: what a revision's name means, and a copy of its files. Nothing that it is told can be taken for an option, a hook of the
// repository does not run, and the working tree is not touched.
import { readdirSync, readFileSync, realpathSync, rmdirSync, rmSync } from "node:fs";
import { devNull } from "node:os";
import { join, relative, resolve, sep } from "node:path";
import { type Guard, ToolFailure } from "./failure.ts";
import { run, type RunResult, runSync } from "./process.ts";
import { withTemporary } from "./temporary.ts";

export interface Repository {
  readonly gitDir: string;
  /** Root of the working tree, resolved; "" where there is none (a bare repository). */
  readonly top: string;
  /** Where one stands below the root: "" or "path/to/". */
  readonly prefix: string;
}

/** What would bind git, and so Go's own calls of it, to one working tree; hooks set these. */
const BINDING = [
  "GIT_DIR",
  "GIT_WORK_TREE",
  "GIT_INDEX_FILE",
  "GIT_PREFIX",
  "GIT_COMMON_DIR",
  "GIT_IMPLICIT_WORK_TREE",
  "GIT_INTERNAL_SUPER_PREFIX",
  "GIT_NAMESPACE",
];

/** The environment for work in another working tree than the user's. */
export const UNBOUND: Readonly<Record<string, undefined>> = Object.fromEntries(
  BINDING.map((name) => [name, undefined]),
);

const QUIET = {
  // messages are matched and shown in one language, and nobody is there to answer a question
  LC_ALL: "C",
  GIT_TERMINAL_PROMPT: "0",
  // looking at the state of the working tree must not write its index
  GIT_OPTIONAL_LOCKS: "0",
};

/** git's own words are kept from colours and hooks. */
const CONFIG = ["-c", `core.hooksPath=${devNull}`, "-c", "core.fsmonitor=false", "-c", "color.ui=false"];

async function git(
  args: readonly string[],
  options: { cwd: string; env?: Readonly<Record<string, string | undefined>>; guard: Guard },
): Promise<RunResult> {
  try {
    return await run("git", [...CONFIG, ...args], { ...options, env: { ...options.env, ...QUIET } });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") throw new ToolFailure("tool", "git is not on PATH: revisions cannot be compared without it");
    throw new ToolFailure("tool", `git cannot be run: ${String(error)}`);
  }
}

/** Arguments that name the repository, so that the environment need not. */
function within({ gitDir }: Repository, args: readonly string[]): string[] {
  return [`--git-dir=${gitDir}`, ...args];
}

function ask(repository: Repository, args: readonly string[], guard: Guard): Promise<RunResult> {
  const cwd = repository.top || repository.gitDir;
  return git(within(repository, args), { cwd, env: UNBOUND, guard });
}

function said(stderr: string): string {
  return stderr
    .trim()
    .split("\n", 1)[0]
    .replace(/^(?:fatal|error): /, "");
}

/** The repository that a directory is in, as git finds it (GIT_DIR included). Throws ToolFailure: no git, no repository. */
export async function openRepository(cwd: string, guard: Guard): Promise<Repository> {
  const at = { cwd, guard };
  const found = await git(["rev-parse", "--is-inside-work-tree", "--absolute-git-dir", "--show-prefix"], at);
  if (found.code !== 0) throw new ToolFailure("unreadable", said(found.stderr));
  const [inside, gitDir, prefix = ""] = found.stdout.split("\n");
  if (inside !== "true") return { gitDir, top: "", prefix: "" };
  const top = await git(["rev-parse", "--show-toplevel"], at);
  if (top.code !== 0) throw new ToolFailure("unreadable", said(top.stderr));
  return { gitDir, top: realpathSync(top.stdout.replace(/\n$/, "")), prefix };
}

/** The commit that a name means; undefined if it means none. */
export async function commitOf(repository: Repository, name: string, guard: Guard): Promise<string | undefined> {
  if (name === "" || name.startsWith("-")) return undefined;
  const object = await ask(repository, ["rev-parse", "--verify", "--quiet", name], guard);
  const id = object.stdout.trim();
  if (object.code !== 0 || !OBJECT_ID.test(id)) return undefined;
  const commit = await ask(repository, ["rev-parse", "--verify", "--quiet", `${id}^{commit}`], guard);
  return commit.code === 0 && OBJECT_ID.test(commit.stdout.trim()) ? commit.stdout.trim() : undefined;
}

const OBJECT_ID = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;

/** The commit where two commits' histories part; undefined if they have none in common. */
export async function mergeBase(
  repository: Repository,
  one: string,
  other: string,
  guard: Guard,
): Promise<string | undefined> {
  const { code, stdout } = await ask(repository, ["merge-base", one, other], guard);
  return code === 0 ? stdout.trim() : undefined;
}

/** Whether history was cut off when the repository was cloned, as CI services do. */
export async function isShallow(repository: Repository, guard: Guard): Promise<boolean> {
  return (await ask(repository, ["rev-parse", "--is-shallow-repository"], guard)).stdout.trim() === "true";
}

/** Whether the working tree differs from HEAD; new files that are not ignored count. */
export async function isDirty(repository: Repository, guard: Guard): Promise<boolean> {
  if (repository.top === "") return false;
  return (await ask(repository, ["status", "--porcelain"], guard)).stdout !== "";
}

/** What the present commit is called and when it was made, and whether the working tree differs from it. */
export interface Head {
  readonly commit: string;
  /** Seconds since 1970. */
  readonly time: number;
  /** "v1.2.3", or "v1.2.3-4-gabcdef0" behind a tag; "" without one. */
  readonly described: string;
  /** Whether anything but `output` differs. */
  readonly isDirty: boolean;
}

/** The present commit; undefined before the first one. `output`: a path whose files do not make the tree dirty. */
export async function headOf(repository: Repository, output: string, guard: Guard): Promise<Head | undefined> {
  const way = below(repository, output);
  const rest = way === undefined || way === "" ? [] : ["--", ".", `:(top,exclude,literal)${way}`];
  const [log, described, status] = await Promise.all([
    ask(repository, ["log", "-1", "--no-show-signature", "--format=%H %ct"], guard),
    ask(repository, ["describe", "--tags"], guard),
    repository.top === "" ? undefined : ask(repository, ["status", "--porcelain", ...rest], guard),
  ]);
  const found = /^([0-9a-f]{40,64}) (\d+)$/m.exec(log.stdout);
  if (found === null) return undefined;
  return {
    commit: found[1],
    time: Number(found[2]),
    described: described.code === 0 ? described.stdout.trim() : "",
    isDirty: status !== undefined && status.stdout !== "",
  };
}

/**
 * Checks a commit out into a temporary directory beside nothing else, runs work with its path and takes it away again, whatever happens.
 * `git worktree prune` is not asked for: it would also forget working trees of the user's whose disk is not there now.
 */
export async function withWorktree<T>(
  repository: Repository,
  commit: string,
  guard: Guard,
  work: (root: string) => Promise<T>,
): Promise<T> {
  return withTemporary(guard, async (directory) => {
    // names of one length: where a build keeps them, they take as many bytes on both sides
    const root = join(realpathSync(directory), "tree");
    const remove = (): void => removeWorktree(repository, root);
    const release = guard(remove);
    try {
      const { code, stderr } = await ask(repository, ["worktree", "add", "--detach", root, commit], guard);
      if (code !== 0)
        throw new ToolFailure("unreadable", `${commit.slice(0, 10)} cannot be checked out: ${said(stderr)}`);
      return await work(root);
    } finally {
      release();
      remove();
    }
  });
}

/** Synchronous, so that it can be done when the process ends. The directory itself goes with the temporary one around it. */
function removeWorktree(repository: Repository, root: string): void {
  // twice: while files are being written the working tree is locked
  const args = within(repository, ["worktree", "remove", "--force", "--force", root]);
  const removed = runSync("git", [...CONFIG, ...args], {
    cwd: repository.top || repository.gitDir,
    env: { ...UNBOUND, ...QUIET },
  });
  if (!removed) forgetWorktree(repository, root);
}

/** What git keeps of a working tree that it was stopped from completing (gitrepository-layout(5): worktrees/<id>/gitdir). */
function forgetWorktree(repository: Repository, root: string): void {
  const list = join(commonDirectory(repository.gitDir), "worktrees");
  for (const id of namesIn(list)) {
    const entry = join(list, id);
    const link = firstLine(join(entry, "gitdir"));
    if (link !== undefined && resolve(entry, link) === join(root, ".git"))
      rmSync(entry, { recursive: true, force: true });
  }
  try {
    rmdirSync(list);
  } catch {
    // others are in it
  }
}

/** A working tree that was added has its own directory, which names the repository's. */
function commonDirectory(gitDir: string): string {
  const common = firstLine(join(gitDir, "commondir"));
  return common === undefined ? gitDir : resolve(gitDir, common);
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function firstLine(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").split("\n", 1)[0];
  } catch {
    return undefined;
  }
}

/** A path below the root of the working tree as seen from that root; undefined if it is elsewhere. */
export function below({ top }: Repository, path: string): string | undefined {
  if (top === "") return undefined;
  let real = path;
  try {
    real = realpathSync(path);
  } catch {
    // it may be there in another revision only
  }
  const way = relative(top, real);
  return way === ".." || way.startsWith(`..${sep}`) || resolve(way) === way ? undefined : way;
}
