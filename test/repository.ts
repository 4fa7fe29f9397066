// A git repository with a small Go program in it, made in a temporary directory.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** Nothing of the user's settings, and the same commits every time. */
export const GIT_ENV: Readonly<Record<string, string>> = {
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_AUTHOR_NAME: "A",
  GIT_AUTHOR_EMAIL: "a@example.com",
  GIT_AUTHOR_DATE: "2026-01-02T03:04:05Z",
  GIT_COMMITTER_NAME: "A",
  GIT_COMMITTER_EMAIL: "a@example.com",
  GIT_COMMITTER_DATE: "2026-01-02T03:04:05Z",
};

export class TestRepository {
  readonly root = realpathSync(mkdtempSync(path.join(tmpdir(), "pare-repository-")));

  constructor() {
    this.git("init", "--quiet", "--initial-branch=main");
  }

  git(...args: string[]): string {
    return execFileSync("git", args, { cwd: this.root, env: { ...process.env, ...GIT_ENV }, encoding: "utf8" });
  }

  /** Writes files by their path from the root. */
  write(files: Readonly<Record<string, string>>): this {
    for (const [name, text] of Object.entries(files)) {
      const file = path.join(this.root, name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    return this;
  }

  /** Commits all files under a tag. */
  commit(tag: string): this {
    this.git("add", "--all");
    this.git("commit", "--quiet", "--allow-empty", "--message", tag);
    this.git("tag", tag);
    return this;
  }
}
