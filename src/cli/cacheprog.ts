// pare cache prog: each go command starts one, so nothing is loaded that a local hit does not need.
import { resolve } from "node:path";
import { GoDirectory, goCacheDirectory } from "../cache/godirectory.ts";
import { serveGo, serveGoAtOnce } from "../cache/prog.ts";
import { ProtocolError, RemoteSettingError } from "../cache/failure.ts";
import type { Remote } from "../cache/remote.ts";
import { Tiers } from "../cache/tiers.ts";
import { EXIT, Failure } from "./failure.ts";
import type { ProgFlags } from "./progflags.ts";

export async function progCommand(flags: ProgFlags): Promise<void> {
  if (flags.remote !== undefined && /^[a-z0-9]+:\/\/[^/]*@/i.test(flags.remote)) {
    throw new Failure(
      EXIT.usage,
      "--remote shows its words to every user of the machine: give secrets in PARE_CACHE_REMOTE",
    );
  }
  const warn = (text: string): void => void process.stderr.write(`pare: ${text}\n`);
  const remote = await remoteOf(flags.remote ?? process.env.PARE_CACHE_REMOTE ?? "", warn);
  const local = new GoDirectory(resolve(flags.dir ?? goCacheDirectory()));
  const tiers = new Tiers({ local, remote, readOnly: flags.readOnly === true, warn });
  try {
    if (remote === undefined) {
      serveGoAtOnce(tiers, 0, 1);
      return;
    }
    await serveGo(tiers, process.stdin, process.stdout, flags.uploadWait * 1000);
    process.stdin.destroy();
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new Failure(
      EXIT.usage,
      `${error.message}: let Go start this command, with GOCACHEPROG="pare cache prog" in its environment`,
    );
  }
}

/** A remote that cannot be used is a warning: a cache must not fail a build. */
async function remoteOf(url: string, warn: (text: string) => void): Promise<Remote | undefined> {
  if (url === "") return undefined;
  try {
    return await (await import("../cache/remote.ts")).openRemote(url);
  } catch (error) {
    if (!(error instanceof RemoteSettingError)) throw error;
    warn(`${error.message}; the build goes on without it`);
    return undefined;
  }
}
