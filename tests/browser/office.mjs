// The office under test and the browsers that look at it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const EXAMPLES = new URL("../../target/debug/examples/", import.meta.url);
const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

export class Office {
  // The small office of `screen`, or the whole line of `story`, which does what is written to it and tells what happens.
  static async open(program = "screen") {
    const office = new Office();
    office.server = spawn(fileURLToPath(new URL(program, EXAMPLES)), ["127.0.0.1:0"], { stdio: ["pipe", "pipe", "inherit"] });
    office.untaken = [];
    office.lines = createInterface({ input: office.server.stdout })[Symbol.asyncIterator]();
    const said = await office.told(/^(\S+) ticket (\S+) password (.+)$/);
    [, office.address, office.ticket, office.password] = said;
    office.browser = await chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: FLAGS });
    office.complaints = [];
    return office;
  }

  // The first line of this form that the program has told or tells, and nobody took.
  async told(form) {
    for (let at = 0; ; at += 1) {
      if (at === this.untaken.length) {
        const { value, done } = await this.lines.next();
        if (done) throw new Error(`the program ended before it told ${form}`);
        this.untaken.push(value);
      }
      const found = this.untaken[at].match(form);
      if (!found) continue;
      this.untaken.splice(at, 1);
      return found;
    }
  }

  tell(order) {
    this.server.stdin.write(`${order}\n`);
  }

  // A window in which nobody is logged in. What the browser complains about is kept.
  async window(options = {}) {
    const context = await this.browser.newContext({ viewport: { width: 1280, height: 800 }, locale: "zh-CN", baseURL: this.address, ...options });
    const page = await context.newPage();
    page.on("console", (line) => { if (["error", "warning"].includes(line.type())) this.complaints.push(`${page.url()}: ${line.text()}`); });
    page.on("pageerror", (error) => this.complaints.push(`${page.url()}: ${error.message}`));
    return page;
  }

  // A window in which somebody logged in, by keyboard alone.
  async desk(login, options) {
    const page = await this.window(options);
    await page.goto("/");
    await page.waitForFunction(() => document.activeElement.id === "login");
    await page.keyboard.type(login);
    await page.keyboard.press("Tab");
    await page.keyboard.type(this.password);
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => url.pathname !== "/login" && url.pathname !== "/");
    return page;
  }

  async close() {
    await this.browser.close();
    this.server.kill();
    await once(this.server, "exit");
  }
}

// What has the focus, as a reader would name it.
export const focused = (page) => page.evaluate(() => {
  const here = document.activeElement;
  return (here.id || here.name || here.textContent || here.tagName).trim();
});

// What axe finds, a line each.
export async function violations(page) {
  await page.evaluate(AXE);
  const found = await page.evaluate((tags) => axe.run({ runOnly: tags }), RULES);
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 120)).join(" | ")}`);
}

// The page as it stands has no violation, and nothing runs out of it.
export async function isWell(page) {
  assert.deepEqual(await violations(page), []);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= page.viewportSize().width, `the page is ${wide} wide`);
}
