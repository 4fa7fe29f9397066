// What the rules look at: the build files of a directory, and what is known about its program.
import type { BuildFile } from "../../buildfiles/buildfile.ts";
import type { Cost } from "./finding.ts";

/** What the knowledge base says of what the program links. */
export interface LinkedFinding {
  readonly kind: "duplicates" | "test code" | "heavy" | "elimination" | "versions";
  /** Module whose line in go.mod it concerns; "" for the program as a whole. */
  readonly module: string;
  readonly message: string;
  readonly cost?: Cost;
}

export interface ProgramFacts {
  /** Import path. */
  readonly name: string;
  /** "linux/amd64" */
  readonly target: string;
  /** Size of `go build` without flags. */
  readonly bytes: number;
  /** Bytes of DWARF and the symbol table in that file. */
  readonly debugBytes: number;
  /** Bytes of directories of the building machine in file names that the function table holds. */
  readonly pathBytes: number;
  /** Packages outside of the standard library that need C, and plugin. */
  readonly needsCgo: readonly string[];
  /** It links packages of the standard library that use C when they may: net, os/user. */
  readonly mayUseCgo: boolean;
  /** It verifies certificates with the roots of the system. */
  readonly needsRoots: boolean;
  /** It looks up time zones by name, and brings none along. */
  readonly needsZones: boolean;
  /** What `go build` took on this machine with an empty cache, and with all but the link in it; absent: nobody measured. */
  readonly buildSeconds?: { readonly cold: number; readonly warm: number } | undefined;
  /** It accepts connections. */
  readonly isServer: boolean;
  readonly linked: readonly LinkedFinding[];
}

export interface Project {
  readonly files: readonly BuildFile[];
  /** Whether there is such a file or directory, relative to the directory of the audit. */
  readonly exists: (path: string) => boolean;
  /** Paths that Go files below the directory import, whatever their build constraints; undefined: nobody looked. */
  readonly imports: ReadonlySet<string> | undefined;
  /** What `go mod tidy -diff` says; "": nothing; undefined: it could not be asked. */
  readonly tidyDiff: string | undefined;
  /** undefined: the program was not built. */
  readonly program: ProgramFacts | undefined;
}
