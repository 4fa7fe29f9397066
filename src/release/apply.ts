// A plan → the files of a release. Whatever is there already stays.
import { mkdirSync, realpathSync, statSync } from "node:fs";
import { isAbsolute, join, relative } from "node:path";
import * as z from "zod";
import type { ModuleRef } from "../binary/go/buildinfo.ts";
import { Cancelled } from "../schedule/executor.ts";
import { ToolFailure } from "../toolchain/failure.ts";
import { packWithNfpm } from "../toolchain/nfpm.ts";
import {
  type Artifact,
  type Artifacts,
  ARTIFACTS_FILE,
  ARTIFACTS_SCHEMA,
  artifactsText,
  type BuildRecord,
  byName,
} from "./artifacts.ts";
import { checksums, CHECKSUMS_FILE, provenance, PROVENANCE_FILE } from "./artifacts.ts";
import { PACKAGING_VERSION } from "./archive.ts";
import { fatMachO } from "./fatwriter.ts";
import { bytesOf, type Output, sha256Of } from "./output.ts";
import type { Packers } from "./packing.ts";
import type { ArchivePlan, PlanItem, ReleasePlan, UniversalPlan } from "./plan.ts";
import { costKey, makeProgram, type Program, type Verdict, type Workshop } from "./program.ts";
import type { ItemResult } from "./result.ts";
import { cycloneDx } from "./sbom.ts";
import { nfpmSettings, type SystemPackagePlan } from "./systempackages.ts";

export interface ApplyOptions {
  readonly shop: Workshop;
  readonly plan: ReleasePlan;
  /** Of all items that are to be made; those of the plan that are missing belong to other shards. */
  readonly verdicts: readonly Verdict[];
  readonly universal: readonly UniversalPlan[];
  readonly packers: Packers;
  /** Version of pare. */
  readonly tool: string;
  readonly keepGoing: boolean;
  /** Which nfpm writes packages; "" if none are wanted. */
  readonly nfpm: string;
  /** What went wrong with others before; what goes wrong here is added. */
  readonly failures: unknown[];
  /** Does more with a program that is in its place: its symbols. */
  readonly onProgram: (program: Program) => Promise<void>;
}

export interface Applied {
  readonly release: Artifacts;
  readonly items: readonly ItemResult[];
}

interface Made {
  readonly artifacts: readonly Artifact[];
  readonly record?: BuildRecord;
  readonly result: ItemResult;
}

/** Makes a release. Throws ToolFailure; with keepGoing, once all others are done. */
export async function apply(options: ApplyOptions): Promise<Applied> {
  const { shop, plan, verdicts, universal, keepGoing } = options;
  const { output, executor } = shop;
  const programs = new Map<string, Promise<Program>>();
  const groups = new Map<string, Promise<unknown>>();
  for (const verdict of longestFirst(verdicts, shop)) {
    const { item } = verdict.resolved;
    // what compiles the same packages goes one after the other: the second finds them in Go's cache
    const group = compileKey(item, verdict.resolved.env);
    const before = verdict.state === "built" ? groups.get(group) : undefined;
    const program = (before ?? Promise.resolve()).then(
      () => makeProgram(verdict, shop),
      () => makeProgram(verdict, shop),
    );
    programs.set(item.id, program);
    if (verdict.state === "built") groups.set(group, program);
  }
  const { failures } = options;
  const tried = async (work: Promise<Made>): Promise<Made | undefined> => {
    try {
      return await work;
    } catch (error) {
      if (!(error instanceof Cancelled) && !failures.includes(error)) failures.push(error);
      if (!keepGoing) executor.cancel();
      return undefined;
    }
  };
  const works = [
    ...verdicts.map(({ resolved }) => finishItem(programs.get(resolved.item.id)!, options)),
    ...universal.map((each) => finishUniversal(each, programs, options)),
  ];
  const made = (await Promise.all(works.map(tried))).filter((each) => each !== undefined);
  if (failures.length > 0) throw together(failures);
  const release: Artifacts = {
    schema: ARTIFACTS_SCHEMA,
    project: plan.project,
    module: plan.module,
    version: plan.version,
    tag: plan.tag,
    commit: plan.commit,
    epoch: plan.epoch,
    goVersion: plan.goVersion,
    pare: options.tool,
    plan: [...plan.items, ...plan.universal].map(({ id }) => id).sort(),
    builds: made.flatMap(({ record }) => record ?? []).sort(byName(({ id }) => id)),
    artifacts: made.flatMap(({ artifacts }) => artifacts).sort(byName(({ path }) => path)),
  };
  output.removeStale(release);
  writeDocuments(release, output);
  return { release, items: made.map(({ result }) => result) };
}

/** SHA256SUMS last: where it is, all that it names is. */
export function writeDocuments(release: Artifacts, output: Output): void {
  const statement = provenance(release);
  output.document(ARTIFACTS_FILE, artifactsText(release));
  const sha256 = output.document(PROVENANCE_FILE, statement);
  output.document(CHECKSUMS_FILE, checksums([...release.artifacts, { path: PROVENANCE_FILE, sha256 }]));
  output.finish();
}

function together(failures: readonly unknown[]): unknown {
  const [first] = failures;
  if (failures.length === 1 || !failures.every((each) => each instanceof ToolFailure)) return first;
  const messages = [...new Set((failures as ToolFailure[]).map(({ message }) => message))];
  return new ToolFailure((first as ToolFailure).code, messages.join("\n"));
}

/** What takes longest must not begin last; what is not known yet begins first. */
function longestFirst(verdicts: readonly Verdict[], { costs, context }: Workshop): Verdict[] {
  const seconds = new Map(
    verdicts.map((verdict) => [
      verdict,
      costs.of(costKey("build", context.plan.module, verdict.resolved.item))?.seconds ?? Infinity,
    ]),
  );
  return [...verdicts].sort((a, b) => (seconds.get(a) === seconds.get(b) ? 0 : seconds.get(b)! - seconds.get(a)!));
}

function compileKey({ flags }: PlanItem, env: Readonly<Record<string, string>>): string {
  return JSON.stringify([env, flags.filter((flag) => !/^--?ldflags/.test(flag))]);
}

async function finishItem(work: Promise<Program>, options: ApplyOptions): Promise<Made> {
  const { shop, plan, tool } = options;
  const { output } = shop;
  const program = await work;
  const { resolved, sha256, size, buildInfo, key, took } = program;
  const { item, inputs, fingerprint } = resolved;
  const [archive, systemPackages] = await Promise.all([
    item.archive === null ? undefined : archiveOf(item.id, item.archive, item.executable, sha256, options),
    Promise.all(item.systemPackages.map((each) => systemPackageOf(item, each, sha256, options))),
    options.onProgram(program),
  ]);
  const name = item.executable.slice(item.executable.lastIndexOf("/") + 1);
  const bill = cycloneDx({
    name,
    version: plan.version,
    sha256,
    target: item.target,
    epoch: plan.epoch,
    buildInfo,
    tool,
  });
  const sbom = output.document(item.sbom, bill);
  const artifacts: Artifact[] = [
    { path: item.executable, kind: "executable", of: item.id, size, sha256 },
    ...(archive === undefined ? [] : [archive]),
    ...systemPackages,
    { path: item.sbom, kind: "sbom", of: item.id, size: Buffer.byteLength(bill), sha256: sbom },
  ];
  const { state, why } = program;
  return {
    artifacts,
    record: {
      id: item.id,
      package: fingerprint.package,
      target: item.target,
      env: resolved.env,
      flags: item.flags,
      fingerprint: key,
      modules: buildInfo.deps.map(linked).sort(byName(({ path }) => path)),
    },
    result: {
      id: item.id,
      state,
      why: resolved.cgoFor === "" ? why : [...why, `C is built, for ${resolved.cgoFor} does not build without`],
      ...took,
      seconds: Math.round(took.seconds * 1000) / 1000,
      packages: inputs.packages,
      executable: sized(output, item.executable, size, item.id, "executable"),
      archive: archive === undefined ? null : sized(output, archive.path, archive.size, item.id, "archive"),
      systemPackages: systemPackages.map((each) => sized(output, each.path, each.size, item.id, "package")),
    },
  };
}

function linked({ path, version, sum, replace }: ModuleRef): { path: string; version: string; sum: string } {
  return replace === undefined
    ? { path, version, sum }
    : { path: replace.path, version: replace.version, sum: replace.sum };
}

/** A size, and what has come since the release before; names change with the version, so the file is found by what it is of. */
function sized(
  { previous }: Output,
  path: string,
  size: number,
  of: string,
  kind: Artifact["kind"],
): ItemResult["executable"] {
  const ending = (name: string): string => name.slice(name.lastIndexOf("."));
  const before = previous?.artifacts.find(
    (each) => each.of === of && each.kind === kind && (kind !== "package" || ending(each.path) === ending(path)),
  );
  return { path, size, change: before === undefined ? null : size - before.size };
}

async function finishUniversal(
  universal: UniversalPlan,
  programs: ReadonlyMap<string, Promise<Program>>,
  options: ApplyOptions,
): Promise<Made> {
  const { output } = options.shop;
  const parts = await Promise.all(universal.parts.map((id) => programs.get(id)!));
  const key = sha256Of(JSON.stringify(["universal", PACKAGING_VERSION, parts.map(({ sha256 }) => sha256)]));
  const file = await placed(
    universal.executable,
    key,
    options,
    () => {
      const bytes = fatMachO(parts.map(({ resolved }) => bytesOf(output, resolved.item.executable)));
      return Promise.resolve({ bytes, sha256: sha256Of(bytes) });
    },
    true,
  );
  const { id, executable } = universal;
  const archive =
    universal.archive === null ? undefined : await archiveOf(id, universal.archive, executable, file.sha256, options);
  return {
    artifacts: [{ path: executable, kind: "executable", of: id, ...file }, ...(archive === undefined ? [] : [archive])],
    result: {
      id,
      state: "joined",
      why: [`made of ${universal.parts.join(" and ")}`],
      seconds: 0,
      cpuSeconds: 0,
      peakBytes: 0,
      compiled: 0,
      packages: 0,
      executable: sized(output, executable, file.size, id, "executable"),
      archive: archive === undefined ? null : sized(output, archive.path, archive.size, id, "archive"),
      systemPackages: [],
    },
  };
}

// in the order of the document: what the store remembers must not write it otherwise
const made = z.object({ size: z.number(), sha256: z.string() });

/** A file that is made of others: from the output directory, from the store, or made now. `key` holds all that it depends on. */
async function placed(
  path: string,
  key: string,
  { shop: { output, store } }: ApplyOptions,
  make: () => Promise<{ bytes: Uint8Array; sha256: string }>,
  isExecutable = false,
): Promise<{ size: number; sha256: string }> {
  const known = made.safeParse(store.noted(key));
  if (known.success) {
    if (output.has(path, known.data.sha256)) return known.data;
    const bytes = store.get(known.data.sha256);
    if (bytes !== undefined) {
      await output.put(path, bytes, known.data.sha256, isExecutable);
      return known.data;
    }
  }
  const { bytes, sha256 } = await make();
  await store.put(bytes, sha256);
  await output.put(path, bytes, sha256, isExecutable);
  const file = { size: bytes.length, sha256 };
  store.note(key, file);
  return file;
}

async function archiveOf(
  id: string,
  archive: ArchivePlan,
  executable: string,
  sha256: string,
  options: ApplyOptions,
): Promise<Artifact> {
  const { shop, plan, packers } = options;
  const { executor, output } = shop;
  const { format, folder, level } = archive;
  const files = [
    {
      from: join(output.directory, executable),
      to: `${folder}/${executable.slice(executable.lastIndexOf("/") + 1)}`,
      isExecutable: true,
      sha256,
    },
    ...archive.files.map((name) => beside(name, folder, options)),
  ];
  const entries = files.map((each) => [each.to, each.isExecutable, each.sha256]);
  const key = sha256Of(JSON.stringify(["archive", PACKAGING_VERSION, format, level, plan.epoch, entries]));
  const file = await placed(archive.path, key, options, () =>
    executor.run({
      key: `archive ${archive.path}`,
      label: `${id}: ${format}`,
      // the file, the archive, and what the compressor keeps
      memory: 4 * statSync(files[0].from).size + 50e6,
      run: () => packers.pack({ format, epoch: plan.epoch, level, files }),
    }),
  );
  return { path: archive.path, kind: "archive", of: id, ...file };
}

/** A package of a Linux distribution: the program in /usr/bin, and the files of the settings. */
async function systemPackageOf(
  item: PlanItem,
  wanted: SystemPackagePlan,
  sha256: string,
  { nfpm, ...options }: ApplyOptions,
): Promise<Artifact> {
  const { shop, plan } = options;
  const settings = plan.systemPackages!;
  const name = item.executable.slice(item.executable.lastIndexOf("/") + 1);
  const program = {
    from: join(shop.output.directory, item.executable),
    to: `/usr/bin/${name}`,
    isExecutable: true,
    isConfig: false,
    sha256,
  };
  const more = (settings.contents ?? []).map(({ from, to, config = false }) => ({
    ...projectFile(from, "release.packages", shop),
    to,
    isConfig: config,
  }));
  const files = [program, ...more];
  const told = nfpmSettings(wanted, settings, plan.epoch, files);
  // without the places that files come from
  const content = nfpmSettings(
    wanted,
    settings,
    plan.epoch,
    files.map((file) => ({ ...file, from: file.sha256 })),
  );
  const key = sha256Of(JSON.stringify(["package", PACKAGING_VERSION, nfpm, wanted.format, plan.epoch, content]));
  const file = await placed(wanted.path, key, { ...options, nfpm }, () =>
    shop.executor.run({
      key: `package ${wanted.path}`,
      label: `${item.id}: ${wanted.format}`,
      // nfpm holds the program, and what it is compressed to, in memory
      memory: 4 * statSync(program.from).size + 50e6,
      run: async ({ signal }) => {
        const directory = join(shop.work, `${wanted.format}-${sha256Of(wanted.path).slice(0, 16)}`);
        mkdirSync(directory, { recursive: true });
        const { guard } = shop.context;
        const request = { format: wanted.format, settings: told, epoch: plan.epoch, directory, guard, signal };
        const bytes = await packWithNfpm(request);
        return { bytes, sha256: sha256Of(bytes) };
      },
    }),
  );
  return { path: wanted.path, kind: "package", of: item.id, ...file };
}

/** A file of the project that goes into an archive. */
function beside(
  name: string,
  folder: string,
  { shop }: ApplyOptions,
): { from: string; to: string; isExecutable: boolean; sha256: string } {
  const to = `${folder}/${name.replaceAll("\\", "/").replace(/^\.\//, "")}`;
  return { ...projectFile(name, "archive.files", shop), to };
}

/** A file that a setting names; a link must not lead out of the project. */
function projectFile(
  name: string,
  setting: string,
  { context }: Workshop,
): { from: string; isExecutable: boolean; sha256: string } {
  const { root, answers } = context;
  const from = join(root, name);
  let way: string;
  try {
    way = relative(realpathSync(root), realpathSync(from));
  } catch {
    throw new ToolFailure("unreadable", `${name} of ${setting} is gone, or a link to nowhere`);
  }
  if (way.startsWith("..") || isAbsolute(way))
    throw new ToolFailure("unreadable", `${name}: a link that leads out of the project`);
  const sha256 = answers.digests.of(from);
  if (sha256 === undefined) throw new ToolFailure("unreadable", `${name}: not a regular file that can be read`);
  const { mode } = statSync(from);
  return { from, isExecutable: (mode & 0o100) !== 0, sha256 };
}
