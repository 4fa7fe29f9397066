// A package as it was at a revision: checked out beside the working tree and built there, as the working tree's would be.
import { existsSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { type Guard, ToolFailure } from "./failure.ts";
import { below, type Repository, UNBOUND, withWorktree } from "./git.ts";
import { buildSubject } from "./package.ts";
import { run } from "./process.ts";
import type { Subject, SubjectOptions } from "./subject.ts";

export interface Revision {
  /** As the user wrote it. */
  readonly name: string;
  readonly commit: string;
}

/** "main (0123456789)", or the hash alone if it was written so. */
export function shownRevision({ name, commit }: Revision): string {
  return commit.startsWith(name) ? commit.slice(0, 10) : `${name} (${commit.slice(0, 10)})`;
}

export interface RevisionOptions extends Omit<SubjectOptions, "onStep"> {
  readonly repository: Repository;
  readonly onStep?: (step: {
    readonly reason: "checkout" | "probe" | "download" | "build";
    readonly subject: string;
  }) => void;
}

/**
 * Builds a package of a revision and works with it; `options.cwd` is the directory in the working tree that the package is named from.
 * What goes wrong says at which revision.
 */
export async function withRevision<T>(
  revision: Revision,
  pkg: string,
  options: RevisionOptions,
  work: (subject: Subject) => Promise<T>,
): Promise<T> {
  const { repository, guard, onStep } = options;
  const shown = shownRevision(revision);
  const workspace = await workspaceOf(options.cwd, guard);
  onStep?.({ reason: "checkout", subject: shown });
  return withWorktree(repository, revision.commit, guard, async (root) => {
    const place = placeIn(pkg, options, root);
    const { env, warnings } = placed(workspace, options, root);
    let subject: Subject;
    try {
      subject = await buildSubject(place.pkg, {
        ...options,
        cwd: place.cwd,
        env: { ...options.env, ...UNBOUND, ...env },
        onStep: ({ reason, subject: what }) =>
          onStep?.({ reason, subject: reason === "build" ? `${what} at ${shown}` : what }),
      });
    } catch (error) {
      if (!(error instanceof ToolFailure)) throw error;
      // the directory is gone when this is read
      const message = error.message.replaceAll(`${root}/`, "").replaceAll(root, ".");
      throw new ToolFailure(error.code, `${shown}: ${message}`, error.detail);
    }
    return work({ ...subject, warnings: [...subject.warnings, ...warnings].map((text) => `${shown}: ${text}`) });
  });
}

/** Where one stands in the other tree, or as near to it as it goes, and what the package is called from there. */
function placeIn(pkg: string, { repository }: RevisionOptions, root: string): { cwd: string; pkg: string } {
  const here = join(root, repository.prefix);
  let cwd = here;
  while (!statSync(cwd, { throwIfNoEntry: false })?.isDirectory()) cwd = dirname(cwd);
  const way = isAbsolute(pkg) ? below(repository, pkg) : undefined;
  if (way !== undefined) return { cwd, pkg: join(root, way) };
  return { cwd, pkg: cwd !== here && pkg.startsWith(".") ? resolve(here, pkg) : pkg };
}

/** The go.work in force; "" if there is none. */
async function workspaceOf(cwd: string, guard: Guard): Promise<string> {
  try {
    const { stdout } = await run("go", ["env", "GOWORK"], { cwd, guard });
    return stdout.trim() === "off" ? "" : stdout.trim();
  } catch {
    // without Go, the build says so
    return "";
  }
}

/** Where the other tree has the workspace that is in force here. A path to this tree's would build this tree's modules. */
function placed(
  workspace: string,
  { repository }: RevisionOptions,
  root: string,
): { env: Readonly<Record<string, string>>; warnings: string[] } {
  if (workspace === "") return { env: {}, warnings: [] };
  const way = below(repository, workspace);
  if (way !== undefined && existsSync(join(root, way))) return { env: { GOWORK: join(root, way) }, warnings: [] };
  const where = way === undefined ? "outside of the repository" : "not part of it";
  return { env: { GOWORK: "off" }, warnings: [`go.work is ${where}: built without it`] };
}
