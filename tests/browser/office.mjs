// The office under test and the browsers that look at it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const SCREEN = fileURLToPath(new URL("../../target/debug/examples/screen", import.meta.url));
const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

export class Office {
  static async open() {
    const office = new Office();
    office.server = spawn(SCREEN, ["127.0.0.1:0"], { stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    for await (const part of office.server.stdout) {
      said += part;
      if (said.includes("\n")) break;
    }
    [, office.address, office.ticket, office.password] = said.match(/^(\S+) ticket (\S+) password (.+)$/m);
    office.browser = await chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: FLAGS });
    office.complaints = [];
    return office;
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
