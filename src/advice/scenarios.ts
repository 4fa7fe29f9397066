// Names of the scenarios of knowledge/scenarios.yaml, for those who must not pay for zod to know them.

export const SCENARIOS = ["server", "serverless", "cli", "size", "embedded", "wasm", "development"] as const;
export type Scenario = (typeof SCENARIOS)[number];
