import { cruise, type ICruiseOptions, type ICruiseResult } from "dependency-cruiser";
import extractTSConfig from "dependency-cruiser/config-utl/extract-ts-config";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import config from "../dependency-cruiser.config.mjs";

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

async function look(baseDir: string, folders: string[]): Promise<ICruiseResult> {
  const { tsConfig, ...options } = config.options;
  const result = await cruise(
    folders,
    { ...(options as ICruiseOptions), baseDir, validate: true, ruleSet: { forbidden: config.forbidden as never } },
    undefined,
    { tsConfig: extractTSConfig(path.join(ROOT, tsConfig.fileName)) },
  );
  return result.output as ICruiseResult;
}

function broken(result: ICruiseResult): string[] {
  return result.summary.violations.map((each) => `${each.rule.name}: ${each.from} → ${each.to}`).sort();
}

test("the tree keeps the arrows", async () => {
  const result = await look(ROOT, ["src"]);
  expect(broken(result)).toEqual([]);
  // with a TypeScript that it cannot use, dependency-cruiser reads nothing and finds nothing
  const imports = result.modules.find((module) => module.source === "src/ledger/ledger.ts")?.dependencies ?? [];
  expect(imports.map((each) => each.resolved)).toContain("src/binary/executable.ts");
});

test("every kind of forbidden import is found", async () => {
  const result = await look(path.join(ROOT, "test/fixtures/architecture"), ["src"]);
  expect(broken(result)).toMatchInlineSnapshot(`
    [
      "arrow-binary: src/binary/upwards.ts → src/ledger/fine.ts",
      "arrow-ledger: src/ledger/prints.ts → src/report/fine.ts",
      "arrow-linkgraph: src/linkgraph/sideways.ts → src/ledger/fine.ts",
      "arrow-report: src/report/down.ts → src/toolchain/up.ts",
      "arrow-toolchain: src/toolchain/up.ts → src/cli/main.ts",
      "cli-is-the-top: src/toolchain/up.ts → src/cli/main.ts",
      "known-folder: src/elsewhere/new.ts → src/binary/fine.ts",
      "no-cycle: src/binary/one.ts → src/binary/two.ts",
      "no-dev-package: src/cli/dev.ts → ../../../node_modules/dependency-cruiser/types/dependency-cruiser.d.mts",
      "processes-in-toolchain: src/report/runs.ts → child_process",
      "pure-no-node: src/binary/reads.ts → fs",
      "pure-no-packages: src/binary/package.ts → ../../../node_modules/commander/typings/index.d.ts",
      "resolvable: src/cli/lost.ts → ./nowhere.ts",
      "source-not-test: src/cli/tested.ts → test/helper.ts",
    ]
  `);
});
