// Rules about modules, and about what the program links of them. Their place is a line of go.mod.
import type { FileOf } from "../../buildfiles/buildfile.ts";
import type { Span } from "../../buildfiles/text.ts";
import type { Found } from "./finding.ts";
import type { LinkedFinding, Project } from "./project.ts";

function goMod(project: Project): FileOf<"gomod"> | undefined {
  return project.files.filter((file) => file.kind === "gomod").find((file) => file.path === "go.mod");
}

/** A module's requirement, or the module directive. */
function placeOf({ mod }: FileOf<"gomod">, module: string): Span {
  return mod.requires.find((each) => each.path === module) ?? mod.place;
}

export function untidy(project: Project): Found[] {
  const file = goMod(project);
  if (!file || !project.tidyDiff) return [];
  const lines = project.tidyDiff.split("\n").filter((line) => /^[+-](?![+-])/.test(line)).length;
  const { start, end } = file.mod.place;
  return [
    {
      file,
      start,
      end,
      message: `go mod tidy would change ${lines} line${lines === 1 ? "" : "s"} of go.mod and go.sum`,
    },
  ];
}

export function unusedRequirement(project: Project): Found[] {
  const file = goMod(project);
  const { imports } = project;
  if (!file || !imports) return [];
  const used = new Set([...imports, ...file.mod.tools]);
  const modules = new Set(file.mod.requires.map((each) => each.path));
  const isUsed = new Set<string>();
  for (const path of used)
    // the module with the longest path that the import begins with
    for (let prefix = path; prefix !== ""; prefix = prefix.slice(0, Math.max(0, prefix.lastIndexOf("/"))))
      if (modules.has(prefix)) {
        isUsed.add(prefix);
        break;
      }
  return file.mod.requires
    .filter(({ path, isIndirect }) => !isIndirect && !isUsed.has(path))
    .map(({ path, start, end }) => ({
      file,
      start,
      end,
      message: `no Go file imports ${path}: go mod tidy removes it, or marks it as indirect`,
    }));
}

function linked(project: Project, kind: LinkedFinding["kind"]): Found[] {
  const file = goMod(project);
  if (!file || !project.program) return [];
  return project.program.linked
    .filter((each) => each.kind === kind)
    .map(({ module, message, cost }) => ({ file, ...placeOf(file, module), message, cost }));
}

export const duplicateLibraries = (project: Project): Found[] => linked(project, "duplicates");
export const testCode = (project: Project): Found[] => linked(project, "test code");
export const heavyDependency = (project: Project): Found[] => linked(project, "heavy");
export const eliminationOff = (project: Project): Found[] => linked(project, "elimination");
export const badVersionPair = (project: Project): Found[] => linked(project, "versions");
