// A package as a subject: built through the link probe, so that the linker testifies.
import { closeSync, existsSync, openSync, readSync, statSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { type ProbeDump, ProbeReader } from "../linkgraph/probe.ts";
import { readFile } from "./files.ts";
import { build, findMain, goEnv } from "./go.ts";
import { linkProbe, probeBuild } from "./linkprobe.ts";
import type { Subject, SubjectOptions } from "./subject.ts";
import { withTemporary } from "./temporary.ts";

/** Where `go` must stand, and what it must be asked for, to build what the user named: a directory with a go.mod is a module of its own. */
function placeOf(pkg: string, cwd: string): { cwd: string; pkg: string } {
  const directory = resolve(cwd, pkg);
  if (!isDirectory(directory)) return { cwd, pkg };
  if (existsSync(join(directory, "go.mod"))) return { cwd: directory, pkg: "." };
  return { cwd, pkg: isAbsolute(pkg) || pkg.startsWith(".") ? pkg : `./${pkg}` };
}

/** Builds a package through the link probe; without the probe if there is none for this Go. */
export async function buildSubject(argument: string, options: SubjectOptions): Promise<Subject> {
  const { guard, goFlags } = options;
  const { cwd, pkg } = placeOf(argument, options.cwd);
  const context = { cwd, guard };
  const env = await goEnv(context);
  const main = await findMain(pkg, goFlags, context);
  const warnings: string[] = [];
  options.onStep?.({ reason: "probe", subject: env.GOVERSION });
  const probe = await linkProbe(env, guard);
  if (!("linker" in probe)) {
    warnings.push(`no link probe (${probe.reason}): owners come from references instead of from the linker`);
  }
  options.onStep?.({ reason: "build", subject: main.importPath });
  return withTemporary(guard, async (directory) => {
    const output = join(directory, "program");
    const dump = join(directory, "dump");
    const extra = "linker" in probe ? probeBuild(probe.linker, dump, false) : { flags: [], env: {} };
    await build(
      { pkg: main.importPath, flags: [...goFlags, ...extra.flags], env: { ...options.env, ...extra.env }, output },
      context,
    );
    const bytes = readFile(output, main.importPath);
    const subject = { name: main.importPath, bytes, directory: main.directory, warnings };
    if (!("linker" in probe)) return subject;
    return { ...subject, testimony: readDump(dump) };
  });
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function readDump(path: string): ProbeDump {
  const reader = new ProbeReader();
  const fd = openSync(path, "r");
  try {
    const chunk = new Uint8Array(1 << 20);
    for (;;) {
      const n = readSync(fd, chunk, 0, chunk.length, null);
      if (n === 0) break;
      reader.push(chunk.subarray(0, n));
    }
  } finally {
    closeSync(fd);
  }
  return reader.finish();
}
