// What the rules look at: the modules and packages that a program links.
import { withoutMajor } from "./semver.ts";

/** Of a snapshot's modules, without their bytes; "std" is the standard library. A replaced module stands here as what replaces it. */
export interface LinkedModule {
  readonly path: string;
  readonly version: string;
  readonly packages: readonly string[];
}

export interface LinkedPackage {
  /** The import path without the module's major: what patterns are matched with. */
  readonly name: string;
  readonly path: string;
  readonly module: LinkedModule;
}

export interface Program {
  readonly goVersion: string;
  /** Build tags that it is built with. */
  readonly tags: ReadonlySet<string>;
  readonly modules: readonly LinkedModule[];
  /** By import path. */
  readonly packages: ReadonlyMap<string, LinkedPackage>;
}

export function programOf(modules: readonly LinkedModule[], goVersion: string, tags: Iterable<string> = []): Program {
  const packages = new Map<string, LinkedPackage>();
  for (const module of modules) {
    const base = withoutMajor(module.path);
    for (const path of module.packages) {
      const inside = path === module.path || path.startsWith(`${module.path}/`);
      packages.set(path, { name: inside ? base + path.slice(module.path.length) : path, path, module });
    }
  }
  return { goVersion, tags: new Set(tags), modules, packages };
}
