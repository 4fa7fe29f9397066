// What bare `pare` says of the build files around a program.
import { dirname } from "node:path";
import { audit } from "../advice/audit/audit.ts";
import type { Finding } from "../advice/audit/finding.ts";
import type { ProgramFacts } from "../advice/audit/project.ts";
import type { OverviewBuild } from "../lab/overview.ts";
import { goEnv, placeOf } from "../toolchain/go.ts";
import { loadKnowledge } from "../toolchain/knowledge.ts";
import { cgoPackages, importsOf, pathBytes } from "../toolchain/modulefacts.ts";
import type { Subject } from "../toolchain/subject.ts";
import { onInterrupt } from "./interrupt.ts";
import type { Work } from "./overview.ts";
import type { Link } from "./overviewlink.ts";

/** Findings in the files of the program's module; none outside of a module. What is linked is said by actions already. */
export async function buildFindings(
  { pkg, goFlags, progress }: Work,
  link: Link,
  { asIs, builds }: { readonly asIs: Subject; readonly builds: readonly OverviewBuild[] },
): Promise<readonly Finding[]> {
  progress.step("reading build files");
  const place = placeOf(pkg, process.cwd());
  const context = { cwd: place.cwd, guard: onInterrupt };
  const { GOMOD } = await goEnv(context);
  // a program of the module cache has no build files of the user's
  if (GOMOD === "" || GOMOD === "/dev/null" || asIs.directory === undefined || !isBelow(asIs.directory, dirname(GOMOD)))
    return [];
  const directory = dirname(GOMOD);
  const { readBuildFiles } = await import("../toolchain/buildfiles.ts");
  const found = readBuildFiles(directory);
  const imports = importsOf(directory);
  let program: ProgramFacts | undefined;
  if (!("reason" in link)) {
    const { auditFacts } = await import("../explain/auditfacts.ts");
    const stripped = builds.findIndex(({ change }) => change === "-s -w");
    program = {
      ...auditFacts(link, [], {
        needsCgo: await cgoPackages(place.pkg, goFlags, context),
        pathBytes: await pathBytes(asIs.bytes, directory, context),
      }),
      bytes: builds[0].bytes,
      debugBytes: stripped > 0 ? builds[stripped - 1].bytes - builds[stripped].bytes : 0,
    };
  }
  return audit({ ...found, imports, tidyDiff: undefined, program }, loadKnowledge("buildfiles"));
}

function isBelow(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`) || path.startsWith(`${directory}\\`);
}
