// A package as a subject: built through the link probe, so that the linker testifies.
import { join } from "node:path";
import type { ProbeDump } from "../linkgraph/probe.ts";
import type { DependencyTree } from "../linkgraph/dumpdep.ts";
import { dependencyTree } from "./dumpdep.ts";
import { GrowingDump } from "./dump.ts";
import { readFile } from "./files.ts";
import { build, checkFlags, findMain, type GoEnv, goEnv, hasToolexec, type MainPackage, placeOf } from "./go.ts";
import { linkProbe, type Probe, probeBuild } from "./linkprobe.ts";
import type { Subject, SubjectOptions } from "./subject.ts";
import { withTemporary } from "./temporary.ts";

/** Builds a package through the link probe; without the probe if there is none for this Go. */
export async function buildSubject(argument: string, options: SubjectOptions): Promise<Subject> {
  const { guard, goFlags } = options;
  checkFlags(goFlags);
  const { cwd, pkg } = placeOf(argument, options.cwd);
  const context = { cwd, guard, ...(options.env ? { env: options.env } : {}) };
  const env = await goEnv(context);
  // asked for beside the build, which does not need it: its answer is waited for below
  const asked = findMain(pkg, goFlags, context).then(
    (main) => {
      options.onStep?.({ reason: "build", subject: main.importPath });
      return { main };
    },
    (error: unknown) => ({ error }),
  );
  const probe = await findProbe(env, options);
  const work = async (directory: string): Promise<Subject> => {
    const output = join(directory, "program");
    const dump = join(directory, "dump");
    const onDownload = (module: string): void => options.onStep?.({ reason: "download", subject: module });
    const what = { pkg, flags: goFlags, output, scratch: directory, onDownload };
    const warnings: string[] = [];
    let testimony: ProbeDump | undefined;
    const known = async (): Promise<MainPackage> => {
      const found = await asked;
      if ("error" in found) throw found.error;
      return found.main;
    };
    if ("linker" in probe) {
      const extra = probeBuild(probe.linker, dump, options.graph === true);
      const growing = new GrowingDump(dump, options.onTestimony);
      try {
        await build({ ...what, flags: [...goFlags, ...extra.flags], env: extra.env }, context);
        testimony = growing.finish();
      } catch (error) {
        // what is wrong with the package itself is said better there
        const { importPath } = await known();
        // if it was not the probe's fault, the same failure comes again
        await build({ ...what, pkg: importPath }, context);
        warnings.push(withoutProbe(`it failed: ${error instanceof Error ? error.message : String(error)}`));
      } finally {
        growing.stop();
      }
    } else {
      warnings.push(withoutProbe(probe.reason));
      const { importPath } = await known();
      await build({ ...what, pkg: importPath }, context);
    }
    const main = await known();
    const bytes = readFile(output, main.importPath);
    const subject = { name: main.importPath, bytes, directory: main.directory, warnings };
    return testimony ? { ...subject, testimony } : subject;
  };
  return withTemporary(guard, work, env.GOTMPDIR);
}

/** The same build, asked only how the linker came to each symbol: for want of a link probe. */
export async function packageTree(argument: string, options: SubjectOptions): Promise<DependencyTree> {
  const { guard, goFlags } = options;
  const { cwd, pkg } = placeOf(argument, options.cwd);
  const context = { cwd, guard, ...(options.env ? { env: options.env } : {}) };
  const work = (directory: string): Promise<DependencyTree> =>
    dependencyTree({ pkg, flags: goFlags, output: join(directory, "program"), scratch: directory }, context);
  return withTemporary(guard, work, (await goEnv(context)).GOTMPDIR);
}

async function findProbe(env: GoEnv, options: SubjectOptions): Promise<Probe> {
  if (hasToolexec(options.goFlags, env)) return { reason: "the build has a -toolexec of its own" };
  options.onStep?.({ reason: "probe", subject: env.GOVERSION });
  return linkProbe(env, options.guard);
}

const withoutProbe = (reason: string): string =>
  `no link probe (${reason}): owners come from references instead of from the linker`;
