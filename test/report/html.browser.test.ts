/// <reference lib="dom" />
// The HTML report in a real browser: it draws, zooms and searches, and asks nothing of the network.
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { profile } from "../../src/ledger/profile.ts";
import { snapshot } from "../../src/ledger/snapshot.ts";
import { htmlPage } from "../../src/report/html.ts";
import { goBuild } from "../fixture.ts";

const folder = mkdtempSync(join(tmpdir(), "pare-page-"));
const executable = ["chromium", "chromium-browser", "google-chrome"]
  .flatMap((name) => (process.env.PATH ?? "").split(delimiter).map((dir) => join(dir, name)))
  .find((path) => existsSync(path));

let browser: Browser;
let page: Page;
const complaints: string[] = [];
const requests: string[] = [];

beforeAll(async () => {
  if (executable === undefined) return;
  const bytes = readFileSync(goBuild({ fixture: "server" }));
  const file = join(folder, "server.html");
  writeFileSync(file, htmlPage(snapshot(profile(bytes), { name: "server", sha256: "" }, { symbols: true })));
  browser = await chromium.launch({ executablePath: executable, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
  page = await browser.newPage({ viewport: { width: 1280, height: 800 }, reducedMotion: "reduce" });
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => requests.push(request.url()));
  await page.goto(pathToFileURL(file).href);
  await page.locator("button.row").first().waitFor();
});

afterAll(async () => {
  if (executable !== undefined) await browser.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Distinct colours on a grid over the map: an undrawn canvas has one. */
function colours(): Promise<number> {
  return page.locator("#base").evaluate((element) => {
    const canvas = element as HTMLCanvasElement;
    const copy = new OffscreenCanvas(canvas.width, canvas.height);
    const context = copy.getContext("2d", { willReadFrequently: true });
    context?.drawImage(canvas, 0, 0);
    const seen = new Set<string>();
    for (let x = 5; x < canvas.width; x += 23)
      for (let y = 5; y < canvas.height; y += 23) seen.add(String(context?.getImageData(x, y, 1, 1).data));
    return seen.size;
  });
}

/** The current place, as the breadcrumbs say it. */
function place(): Promise<string[]> {
  return page.locator("#crumbs .crumb").allTextContents();
}

describe.skipIf(executable === undefined)("the page", () => {
  test("draws the map and lists the modules", async () => {
    expect(await colours()).toBeGreaterThan(4);
    expect(await page.title()).toMatch(/^server: \d/);
    expect(await page.locator("button.row").first().textContent()).toContain("std");
    expect(await place()).toEqual(["server"]);
  });

  test("zooms into a package and back", async () => {
    await page.locator('button.row[title="std"]').click();
    await page.locator('button.row[title="net/http"]').click();
    await page.locator('button.row[title^="net/http."]').first().waitFor();
    expect(await place()).toEqual(["server", "std", "net/http"]);
    expect(await page.locator("#about h2").textContent()).toBe("net/http");
    expect(await colours()).toBeGreaterThan(2);
    await page.keyboard.press("Escape");
    await expect.poll(place).toEqual(["server", "std"]);
    await page.locator("#crumbs button").first().click();
    await expect.poll(place).toEqual(["server"]);
  });

  test("zooms where the map is clicked", async () => {
    const map = await page.locator("#map").boundingBox();
    await page.mouse.click((map?.x ?? 0) + 60, (map?.y ?? 0) + 60);
    await expect.poll(async () => (await place()).length).toBeGreaterThan(1);
    await page.keyboard.press("Home");
    await expect.poll(place).toEqual(["server"]);
  });

  test("searches packages and symbols", async () => {
    await page.keyboard.press("/");
    await page.keyboard.type("encoding/json");
    await page.locator('button.row[title="encoding/json"]').waitFor();
    expect(await page.locator("#list .note").first().textContent()).toMatch(/^\d+ matches, [\d.]+ kB$/);
    await page.locator("#search").fill("no such thing anywhere");
    await page.getByText("Nothing matches").waitFor();
    await page.keyboard.press("Escape");
    await page.locator('button.row[title="std"]').waitFor();
  });

  test("shows one kind when its legend is clicked", async () => {
    const all = await page.locator("button.row .amount").first().textContent();
    await page.locator("#legend button", { hasText: "pclntab" }).click();
    await expect.poll(() => page.locator("button.row .amount").first().textContent()).not.toBe(all);
    await page.locator("#legend button", { hasText: "pclntab" }).click();
    await expect.poll(() => page.locator("button.row .amount").first().textContent()).toBe(all);
  });

  test("a screenshot can be taken", async () => {
    const file = join(process.env.PARE_SCREENSHOTS ?? folder, "server.png");
    await page.screenshot({ path: file });
    expect(statSync(file).size).toBeGreaterThan(20_000);
  });

  test("it asks for nothing and complains of nothing", () => {
    expect(requests).toHaveLength(1);
    expect(complaints).toEqual([]);
  });
});
