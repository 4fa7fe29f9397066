// What names mean to git, and working trees that go away whatever became of them.
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  below,
  commitOf,
  isDirty,
  isShallow,
  mergeBase,
  openRepository,
  type Repository,
  withWorktree,
} from "../../src/toolchain/git.ts";
import { TestRepository } from "../repository.ts";

const guard = () => () => {};
let made: TestRepository;
let repository: Repository;

beforeAll(async () => {
  made = new TestRepository().write({ "a/b.txt": "one\n" }).commit("one").write({ "a/b.txt": "two\n" }).commit("two");
  repository = await openRepository(path.join(made.root, "a"), guard);
});
afterAll(() => rmSync(made.root, { recursive: true, force: true }));

describe("names", () => {
  it.each(["two", "HEAD", "main", "@", "refs/tags/two", ":/two"])("%s is a commit", async (name) => {
    expect(await commitOf(repository, name, guard)).toBe(made.git("rev-parse", "two").trim());
  });

  it.each([
    "",
    "--output=x",
    "-n",
    "--all",
    "one two",
    "one..two",
    "^one",
    "HEAD:a/b.txt",
    "HEAD:a",
    "one\n",
    "$(touch x)",
    "nope",
  ])("%j is none", async (name) => {
    expect(await commitOf(repository, name, guard)).toBeUndefined();
  });

  it("know where histories part", async () => {
    const one = made.git("rev-parse", "one").trim();
    expect(await mergeBase(repository, "one", "two", guard)).toBe(one);
    const alone = made.git("commit-tree", "-m", "alone", "one^{tree}").trim();
    expect(await mergeBase(repository, "one", alone, guard)).toBeUndefined();
    expect(await isShallow(repository, guard)).toBe(false);
  });
});

it("knows where it stands, and what is in the working tree", () => {
  expect(repository).toEqual({ gitDir: path.join(made.root, ".git"), top: made.root, prefix: "a/" });
  expect(below(repository, path.join(made.root, "a/nowhere"))).toBe(path.join("a", "nowhere"));
  expect(below(repository, made.root)).toBe("");
  expect(below(repository, path.dirname(made.root))).toBeUndefined();
});

it("looks for changes without writing the index", async () => {
  const index = path.join(made.root, ".git/index");
  const before = statSync(index).mtimeMs;
  expect(await isDirty(repository, guard)).toBe(false);
  writeFileSync(path.join(made.root, "new.go"), "");
  expect(await isDirty(repository, guard)).toBe(true);
  rmSync(path.join(made.root, "new.go"));
  expect(statSync(index).mtimeMs).toBe(before);
});

describe("a working tree", () => {
  const entries = (): string[] => readdirSync(path.join(made.root, ".git")).filter((name) => name === "worktrees");

  it.each([
    ["whole", () => {}],
    ["changed", (root: string) => writeFileSync(path.join(root, "a/b.txt"), "three\n")],
    ["cut off from its repository", (root: string) => rmSync(path.join(root, ".git"))],
    ["gone already", (root: string) => rmSync(root, { recursive: true })],
  ])("that is %s goes away", async (_, change) => {
    let seen = "";
    await withWorktree(repository, made.git("rev-parse", "one").trim(), guard, (root) => {
      seen = root;
      expect(readdirSync(path.join(root, "a"))).toEqual(["b.txt"]);
      change(root);
      return Promise.resolve();
    });
    expect(existsSync(seen)).toBe(false);
    expect(entries()).toEqual([]);
    expect(made.git("worktree", "list").trim().split("\n")).toHaveLength(1);
  });

  it("leaves those of the user alone, also one whose disk is not there now", async () => {
    const other = path.join(made.root, "../", `${path.basename(made.root)}-other`);
    made.git("worktree", "add", "--detach", other, "one");
    rmSync(other, { recursive: true });
    await withWorktree(repository, made.git("rev-parse", "two").trim(), guard, (root) => {
      rmSync(path.join(root, ".git"));
      return Promise.resolve();
    });
    expect(made.git("worktree", "list")).toContain("-other");
    mkdirSync(other);
    made.git("worktree", "prune");
    rmSync(other, { recursive: true });
  });

  it("goes away when the work fails", async () => {
    const work = withWorktree(repository, "one", guard, () => Promise.reject(new Error("no")));
    await expect(work).rejects.toThrow("no");
    expect(made.git("worktree", "list").trim().split("\n")).toHaveLength(1);
  });
});
