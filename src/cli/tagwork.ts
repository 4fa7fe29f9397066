// Tags built and measured, for pare lab --tags and for bare `pare`: as many builds at once as the machine bears.
import { cpus } from "node:os";
import type { Budget } from "../lab/budget.ts";
import { type Discovery, tagRows, type TagSubject } from "../lab/tagbuilds.ts";
import type { TagResult } from "../lab/tags.ts";
import { Executor } from "../schedule/executor.ts";
import { freeMemory, memoryLimit } from "../schedule/memory.ts";
import { withTemporary } from "../toolchain/temporary.ts";
import { onInterrupt } from "./interrupt.ts";
import type { Progress } from "./progress.ts";

/** Bytes that a build is expected to need if nothing is known of it. */
const BUILD_BYTES = 700e6;

export interface TagWork {
  readonly progress: Progress;
  readonly budget: Budget;
  /** A build that has begun is given up when the budget is spent, and all with it: Cancelled is thrown. */
  readonly isFirm: boolean;
  readonly jobs?: number | undefined;
  /** Bytes that all builds together may need. */
  readonly memory?: number | undefined;
  /** Bytes that one needed the last time. */
  readonly peakBytes?: number | undefined;
  /** Packages whose tests are run with each tag. */
  readonly tested: readonly string[];
  /** Where builds work; "" for the system's directory. */
  readonly directory: string;
}

export async function measureTags(subject: TagSubject, discovery: Discovery, work: TagWork): Promise<TagResult> {
  const { progress, budget } = work;
  const executor = new Executor({
    jobs: work.jobs ?? Math.max(1, Math.floor(cpus().length / 2)),
    memory: work.memory ?? memoryLimit(),
    freeMemory,
    onEvent: (event) => {
      if (event.type === "started") progress.step(event.label);
    },
  });
  const timer = work.isFirm ? setTimeout(() => executor.cancel(), budget.left * 1000) : undefined;
  const build = async (directory: string): Promise<TagResult> => {
    try {
      return await tagRows(subject, discovery, {
        executor,
        directory,
        memory: work.peakBytes || BUILD_BYTES,
        left: () => budget.left,
        tested: work.tested,
      });
    } finally {
      clearTimeout(timer);
      executor.cancel();
    }
  };
  return withTemporary(onInterrupt, build, work.directory);
}
