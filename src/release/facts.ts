// Everything that a plan needs to know and that is not in the settings.
import { readdirSync } from "node:fs";
import { dirname, isAbsolute, relative } from "node:path";
import * as z from "zod";
import type { Answers } from "../schedule/answers.ts";
import { ToolFailure } from "../toolchain/failure.ts";
import { headOf, openRepository } from "../toolchain/git.ts";
import type { GoContext } from "../toolchain/go.ts";
import { goJson } from "../toolchain/gojson.ts";
import { parseGoMod } from "../ledger/modules.ts";
import { readFile } from "../toolchain/files.ts";
import { type GoFacts, goFacts } from "./gofacts.ts";
import type { ReleaseFacts, Revision } from "./plan.ts";

export interface Facts {
  readonly go: GoFacts;
  readonly release: ReleaseFacts;
}

export interface FactsRequest {
  /** Directory of pare.yaml, or of the module. */
  readonly root: string;
  /** Where the release goes: what lies there is not part of the tree. */
  readonly output: string;
  /** Whether the settings leave it open which programs there are. */
  readonly wantsMains: boolean;
  /** SOURCE_DATE_EPOCH as it is set, if it is. */
  readonly epoch: string | undefined;
}

/** Throws ToolFailure: no Go, no module, an epoch that is no number. */
export async function gatherFacts(request: FactsRequest, context: GoContext, answers: Answers): Promise<Facts> {
  const { root, output } = request;
  const [go, revision] = await Promise.all([goFacts(context, answers), revisionOf(request, context)]);
  const { GOMOD, GOVERSION } = go.env;
  if (GOMOD === "" || GOMOD === "/dev/null" || GOMOD === "NUL")
    throw new ToolFailure("no-package", "there is no go.mod here or above: a release is made of a module");
  const module = parseGoMod(new TextDecoder().decode(readFile(GOMOD, "go.mod"))).module;
  const mains = request.wantsMains ? await mainPackages(dirname(GOMOD), root, go, context, answers) : [];
  const beside = readdirSync(root);
  return {
    go,
    release: {
      known: go.known,
      goVersion: GOVERSION,
      module,
      mains,
      revision,
      beside: beside.filter((name) => name !== output),
    },
  };
}

async function revisionOf({ root, output, epoch }: FactsRequest, { guard }: GoContext): Promise<Revision> {
  if (epoch !== undefined && !/^(?:0|[1-9]\d{0,10})$/.test(epoch))
    throw new ToolFailure(
      "flags",
      `SOURCE_DATE_EPOCH is ${JSON.stringify(epoch)}: it must be whole seconds since 1970`,
    );
  const given = epoch === undefined ? undefined : Number(epoch);
  const none = { described: "", commit: "", isDirty: false, epoch: given ?? 0 };
  let repository;
  try {
    repository = await openRepository(root, guard);
  } catch (error) {
    if (error instanceof ToolFailure) return none;
    throw error;
  }
  const head = await headOf(repository, output, guard);
  if (head === undefined) return none;
  const { described, commit, isDirty, time } = head;
  return { described, commit, isDirty, epoch: given ?? time };
}

const listed = z.array(z.looseObject({ Name: z.string().optional(), Dir: z.string().optional() }));

/** The module's programs, from its root on, as paths below the project. */
async function mainPackages(
  module: string,
  root: string,
  go: GoFacts,
  context: GoContext,
  answers: Answers,
): Promise<string[]> {
  const ask = async () => {
    const env = { CGO_ENABLED: "0" };
    const found = await goJson(
      ["list", "-e", "-json=Name,Dir", "./..."],
      { ...context, cwd: module },
      (value) => listed.parse(value),
      {
        env,
        isStream: true,
      },
    );
    const answer = found
      .flatMap(({ Name, Dir }) => (Name === "main" && Dir !== undefined ? [placeOf(root, Dir)] : []))
      .sort();
    return { answer, looks: [["tree", module]] as const };
  };
  return answers.of(JSON.stringify(["mains", 1, go.key, module, root]), ask, (value) =>
    z.array(z.string()).parse(value),
  );
}

function placeOf(root: string, directory: string): string {
  const way = relative(root, directory).replaceAll("\\", "/");
  if (way === "") return ".";
  return way.startsWith("..") || isAbsolute(way) ? directory : `./${way}`;
}
