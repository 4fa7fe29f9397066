// Without a link probe, the linker itself can still print how it came to each symbol.
import { type DependencyTree, readDependencyTree } from "../linkgraph/dumpdep.ts";
import { addLdflags, build, type Build, type GoContext } from "./go.ts";

/** Builds a package and reads what `-ldflags=-dumpdep` prints. */
export async function dependencyTree(what: Build, context: GoContext): Promise<DependencyTree> {
  return readDependencyTree((await build({ ...what, flags: addLdflags(what.flags, "-dumpdep") }, context)).split("\n"));
}
