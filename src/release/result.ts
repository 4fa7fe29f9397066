// What a release did, for people and scripts.

export const RELEASE_SCHEMA = "pare.release/1";

/** built: compiled and linked now. restored: taken from the store. unchanged: it was there. joined: made of others that were. */
export const STATES = ["built", "restored", "unchanged", "joined"] as const;
export type State = (typeof STATES)[number];

export interface FileResult {
  readonly path: string;
  readonly size: number;
  /** Bytes more than in the release before; null if it had none. */
  readonly change: number | null;
}

export interface ItemResult {
  readonly id: string;
  readonly state: State;
  readonly why: readonly string[];
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
  readonly compiled: number;
  readonly packages: number;
  readonly executable: FileResult;
  readonly archive: FileResult | null;
  readonly systemPackages: readonly FileResult[];
}

export interface ReleaseResult {
  readonly schema: typeof RELEASE_SCHEMA;
  readonly project: string;
  readonly version: string;
  readonly goVersion: string;
  readonly output: string;
  readonly items: readonly ItemResult[];
  readonly seconds: number;
  readonly warnings: readonly string[];
}
