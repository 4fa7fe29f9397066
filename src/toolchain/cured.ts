// A program built without the reflection of some functions, and what its linker says then.
import { reflects } from "../linkgraph/probe.ts";
import { ToolFailure } from "./failure.ts";
import { withProbedMeasurement } from "./probedmeasurement.ts";
import type { MeasureOptions, NotMeasured } from "./stubs.ts";

export interface Cured {
  /** Of the file, in bytes. */
  readonly size: number;
  /** Of methods, as the linker testifies; dynamic linking aside. */
  readonly elimination: "on" | "off";
  /** Functions that are left as they were. */
  readonly refused: readonly { readonly name: string; readonly reason: string }[];
}

/** Builds the package once more, with only the reflective calls gone from these functions (linker names). Throws ToolFailure. */
export async function buildCured(functions: readonly string[], options: MeasureOptions): Promise<Cured | NotMeasured> {
  return withProbedMeasurement(options, false, async (at, linker) => {
    if ("reason" in linker) throw new ToolFailure("tool", `the linker cannot be asked: ${linker.reason}`);
    let elimination: Cured["elimination"] = "off";
    const found = await at.change(
      functions.map((name) => ({ Symbol: name, What: "reflection" })),
      () => {
        elimination = reflects(linker.last()) ? "off" : "on";
      },
    );
    return "reason" in found ? found : { size: found.size, elimination, refused: found.refused };
  });
}
