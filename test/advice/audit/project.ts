// Projects for tests of the audit's rules: files as text, and a program that would trip every rule about programs.
import { audit } from "../../../src/advice/audit/audit.ts";
import type { Finding } from "../../../src/advice/audit/finding.ts";
import type { ProgramFacts, Project } from "../../../src/advice/audit/project.ts";
import { kindOf, readBuildFile } from "../../../src/buildfiles/buildfile.ts";
import { loadKnowledge } from "../../../src/toolchain/knowledge.ts";

export const RULES = loadKnowledge("buildfiles");

/** A server with everything that rules ask for, and no need of C. */
export const PROGRAM: ProgramFacts = {
  name: "example.com/app",
  target: "linux/amd64",
  bytes: 10_000_000,
  debugBytes: 3_000_000,
  pathBytes: 12_000,
  needsCgo: [],
  mayUseCgo: true,
  needsRoots: true,
  needsZones: true,
  isServer: true,
  linked: [],
};

/** Files by path. Those that are no build files merely exist. */
export function projectOf(
  files: Readonly<Record<string, string>>,
  program: ProgramFacts | undefined = PROGRAM,
): Project {
  const read = Object.entries(files).flatMap(([path, text]) => {
    const kind = kindOf(path);
    return kind === undefined ? [] : [readBuildFile(kind, path, text)];
  });
  return { files: read, exists: (path) => path in files, imports: undefined, tidyDiff: undefined, program };
}

export function findingsOf(files: Readonly<Record<string, string>>, program?: ProgramFacts): Finding[] {
  return audit(projectOf(files, program), RULES);
}
