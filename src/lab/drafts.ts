// What is gathered of each variant while the lab is at work.
import type { WasmHost } from "../toolchain/wasmhost.ts";
import { NO_TIME } from "./budget.ts";
import type { BuildCost, Measures, Outcome, Traits, Variant } from "./model.ts";

/** What is gathered of a variant while the lab is at work. */
export interface Draft {
  readonly variant: Variant;
  outcome: Outcome;
  path: string;
  /** What starts it, if the system does not. */
  host?: WasmHost;
  /** Tools change it as it goes; frozen in the row. */
  measures: Mutable<Measures>;
  build: Mutable<BuildCost>;
  traits: Mutable<Traits>;
  paths: readonly string[];
  readonly notes: string[];
  /** Its file is there, or will never be. */
  readonly made: PromiseWithResolvers<void>;
  /** Its file was looked at, if there is one. */
  readonly seen: PromiseWithResolvers<void>;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Of a variant that nothing was done for yet, and nothing will be if time is short. */
const UNDONE: Outcome = { state: "skipped", reason: NO_TIME };

export function draftOf(variant: Variant): Draft {
  return {
    variant,
    outcome: UNDONE,
    path: "",
    measures: {},
    build: {},
    traits: {},
    paths: [],
    notes: [],
    made: Promise.withResolvers<void>(),
    seen: Promise.withResolvers<void>(),
  };
}

export const builtOf = (drafts: readonly Draft[]): Draft[] => drafts.filter(({ outcome }) => outcome.state === "built");
