// Every page of every part: no violation that axe-core knows of, in light and dark, on a desk and in the hand.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Office, focused, violations } from "./office.mjs";

let office;
before(async () => { office = await Office.open(); });
after(async () => { await office.close(); });

async function looksWell(page, paths) {
  for (const path of paths) {
    await page.goto(path);
    // Every form a page can open stands open.
    await page.evaluate(() => { for (const one of document.querySelectorAll("details:not([name])")) one.open = true; });
    assert.deepEqual(await violations(page), [], `${path} at ${page.viewportSize().width}`);
  }
}

const ofSupervisor = () => ["/board", "/search", `/tickets/${office.ticket}`, `/tickets/${office.ticket}/candidates?q=1`, "/tickets/new",
  "/queue", "/callbacks", "/inbox", "/calls", "/care", "/people?q=王", "/stations", "/me", "/keys", "/no-such-page"];
const OF_ADMINISTRATOR = ["/users", "/users/2", "/imports", "/settings", "/settings/policy", "/stations"];

test("the pages of a supervisor have no violation", async () => {
  await looksWell(await office.desk("supervisor"), ofSupervisor());
});

test("nor in the dark, nor in the hand, nor in English", async () => {
  const page = await office.desk("supervisor", { viewport: { width: 390, height: 844 }, colorScheme: "dark" });
  await looksWell(page, ofSupervisor().slice(0, 8));
  await page.goto("/me");
  await page.selectOption("#language", "en");
  await page.getByRole("button", { name: "保存" }).click();
  await page.waitForFunction(() => document.documentElement.lang === "en");
  await looksWell(page, ["/board", `/tickets/${office.ticket}`, `/tickets/${office.ticket}/candidates`]);
});

test("the pages of an administrator have none, on a desk and in the hand", async () => {
  await looksWell(await office.desk("administrator"), OF_ADMINISTRATOR);
  const small = await office.desk("administrator", { viewport: { width: 390, height: 844 } });
  await looksWell(small, OF_ADMINISTRATOR);
  for (const path of OF_ADMINISTRATOR) {
    await small.goto(path);
    const wide = await small.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= 390, `${path} is ${wide} px wide`);
  }
});

test("the door has none, and says what is wrong", async () => {
  const page = await office.window();
  await looksWell(page, ["/login"]);
  await page.fill("#login", "operator");
  await page.fill("#password", "wrong");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").waitFor();
  assert.deepEqual(await violations(page), []);
  office.complaints = office.complaints.filter((line) => !line.includes("401"));
});

test("a dispatcher asks why somebody is not asked, by keyboard alone", async () => {
  const page = await office.desk("dispatcher");
  await page.goto(`/tickets/${office.ticket}`);
  await page.keyboard.press("w");
  await page.waitForURL("**/candidates");
  await page.focus("#q");
  await page.keyboard.type("99999");
  await page.keyboard.press("Enter");
  await page.getByText("没有这样的志愿者").waitFor();
  await page.keyboard.press("u");
  await page.waitForURL(`**/tickets/${office.ticket}`);
});

test("an administrator adds a login by keyboard, and it opens the door", async () => {
  const page = await office.desk("administrator");
  await page.keyboard.press("g");
  await page.keyboard.press("u");
  await page.waitForURL("**/users");
  await page.locator("summary", { hasText: "添加用户" }).focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  assert.equal(await focused(page), "login");
  await page.keyboard.type("zhao.min");
  await page.keyboard.press("Tab");
  await page.keyboard.type("赵敏");
  await page.selectOption("#role", "dispatcher");
  await page.selectOption("#station", "1");
  await page.focus("#station");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  const password = await page.locator(".once code").textContent();
  const other = await office.window();
  await other.goto("/login");
  await other.fill("#login", "zhao.min");
  await other.fill("#password", password);
  await other.keyboard.press("Enter");
  await other.waitForURL("**/board");
});

test("a broken rule is refused with its line, a sound one shows what it would change", async () => {
  const page = await office.desk("administrator");
  await page.goto("/settings/policy");
  await page.locator("summary", { hasText: "写新版本" }).click();
  const text = await page.inputValue("#toml");
  await page.fill("#toml", `${text}\nno_such_key = 1\n`);
  await page.getByRole("button", { name: "检查", exact: true }).click();
  await page.locator(".problems pre").first().waitFor();
  office.complaints = office.complaints.filter((line) => !line.includes("422"));
  await page.fill("#toml", `# 试行\n${text}`);
  await page.getByRole("button", { name: "检查", exact: true }).click();
  await page.locator(".diff .is-new", { hasText: "# 试行" }).waitFor();
  assert.deepEqual(office.complaints.filter((line) => !line.includes("no-such-page")), []);
});

test("a spreadsheet with a bad row is refused row by row", async () => {
  const page = await office.desk("administrator");
  await page.goto("/imports");
  await page.check("input[value=people]");
  const buffer = Buffer.from("姓名,电话,社区\n郑芳,053283741111,370203028001\n李四,没有电话,370203028001\n");
  await page.setInputFiles("#file", { name: "people.csv", mimeType: "text/csv", buffer });
  await page.getByRole("button", { name: "导入" }).click();
  await page.locator("td.number", { hasText: "3" }).waitFor();
  await page.getByText("1 行有问题").waitFor();
});
