// Where pare keeps things between runs: what can be made again, and what it has learnt.
import { homedir } from "node:os";
import { join } from "node:path";

/** pare's cache directory (XDG_CACHE_HOME, ~/Library/Caches, LOCALAPPDATA). */
export function cacheDirectory(env: NodeJS.ProcessEnv = process.env): string {
  if (env.XDG_CACHE_HOME) return join(env.XDG_CACHE_HOME, "pare");
  if (process.platform === "darwin") return join(homedir(), "Library/Caches/pare");
  if (process.platform === "win32" && env.LOCALAPPDATA) return join(env.LOCALAPPDATA, "pare/cache");
  return join(homedir(), ".cache/pare");
}

/** pare's state directory: what was measured, and cannot be made again without measuring (XDG_STATE_HOME). */
export function stateDirectory(env: NodeJS.ProcessEnv = process.env): string {
  if (env.XDG_STATE_HOME) return join(env.XDG_STATE_HOME, "pare");
  if (process.platform === "darwin") return join(homedir(), "Library/Application Support/pare");
  if (process.platform === "win32" && env.LOCALAPPDATA) return join(env.LOCALAPPDATA, "pare/state");
  return join(homedir(), ".local/state/pare");
}

/** pare's data directory: what was put there to be kept (XDG_DATA_HOME). */
export function dataDirectory(env: NodeJS.ProcessEnv = process.env): string {
  if (env.XDG_DATA_HOME) return join(env.XDG_DATA_HOME, "pare");
  if (process.platform === "darwin") return join(homedir(), "Library/Application Support/pare");
  if (process.platform === "win32" && env.LOCALAPPDATA) return join(env.LOCALAPPDATA, "pare/data");
  return join(homedir(), ".local/share/pare");
}
