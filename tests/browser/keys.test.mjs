// Keys, focus and the small screen.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Office, focused } from "./office.mjs";

let office;
before(async () => { office = await Office.open(); });
after(async () => { await office.close(); });

test("j and k walk the rows, Enter opens, u leads back", async () => {
  const page = await office.desk("supervisor");
  const links = await page.locator("#rows a.row-link").allTextContents();
  assert.ok(links.length >= 10);
  await page.keyboard.press("j");
  assert.equal(await focused(page), links[0]);
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("k");
  assert.equal(await focused(page), links[1]);
  await page.keyboard.press("Enter");
  await page.waitForURL("**/tickets/**");
  await page.keyboard.press("u");
  await page.waitForURL("**/board");
});

test("the search, the sheet and a note are one key away, and Escape leaves them", async () => {
  const page = await office.desk("supervisor");
  await page.keyboard.press("/");
  assert.equal(await focused(page), "search");
  await page.keyboard.type("j?");
  assert.equal(await page.inputValue("#search"), "j?", "keys typed into a field are letters");
  await page.keyboard.press("Escape");
  await page.keyboard.press("?");
  assert.equal(await page.locator("dialog#keys").isVisible(), true);
  await page.keyboard.press("Escape");
  assert.equal(await page.locator("dialog#keys").isVisible(), false);
  await page.goto(`/tickets/${office.ticket}`);
  await page.keyboard.press("n");
  assert.equal(await focused(page), "note-text");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  assert.equal(await page.locator(".moves details[open]").count(), 0);
});

test("Enter that ends a pinyin word sends nothing", async () => {
  const page = await office.desk("supervisor");
  await page.focus("#search");
  const sent = await page.evaluate(() => {
    const field = document.querySelector("#search");
    let sent = 0;
    field.form.addEventListener("submit", (event) => { if (!event.defaultPrevented) sent += 1; event.preventDefault(); });
    field.dispatchEvent(new CompositionEvent("compositionstart", { bubbles: true }));
    field.form.requestSubmit();
    return sent;
  });
  assert.equal(sent, 0);
});

test("a reader who switches single keys off types in peace", async () => {
  const page = await office.desk("dispatcher");
  await page.goto("/me");
  await page.uncheck("input[name=keys]");
  await page.getByRole("button", { name: "保存" }).click();
  await page.goto("/board");
  await page.keyboard.press("j");
  assert.notEqual(await page.evaluate(() => document.activeElement.className), "row-link");
});

test("a row that changes keeps the focus where it was", async () => {
  const watcher = await office.desk("supervisor");
  const writer = await office.desk("operator");
  const row = watcher.locator("tr.row", { hasText: office.ticket });
  await row.locator("a").focus();
  await row.evaluate((element) => { element.dataset.old = "yes"; });
  await writer.goto(`/tickets/${office.ticket}`);
  await writer.keyboard.press("n");
  await writer.keyboard.type("再催一次");
  await writer.keyboard.press("Tab");
  await writer.keyboard.press("Enter");
  await writer.getByText("再催一次").first().waitFor();
  await watcher.locator(`tr.row:not([data-old])`, { hasText: office.ticket }).waitFor();
  assert.equal(await watcher.evaluate(() => document.activeElement.closest("tr")?.textContent.includes("助餐")), true);
});

test("who is typing is told of a change and loses nothing", async () => {
  const writer = await office.desk("supervisor");
  const other = await office.desk("operator");
  await writer.goto(`/tickets/${office.ticket}`);
  await writer.keyboard.press("n");
  await writer.keyboard.type("写到一半");
  await other.goto(`/tickets/${office.ticket}`);
  await other.keyboard.press("n");
  await other.keyboard.type("另一位的备注");
  await other.keyboard.press("Tab");
  await other.keyboard.press("Enter");
  await other.getByText("另一位的备注").first().waitFor();
  await writer.locator("#changed").waitFor({ state: "visible" });
  assert.equal(await writer.inputValue("#note-text"), "写到一半");
});

test("without scripts every page is there and a note can be written", async () => {
  const page = await office.window({ javaScriptEnabled: false });
  await page.goto("/login");
  await page.fill("#login", "operator");
  await page.fill("#password", office.password);
  await page.getByRole("button", { name: "登录" }).click();
  await page.waitForURL("**/board");
  await page.locator("#rows a.row-link").first().click();
  await page.locator("summary", { hasText: "备注" }).click();
  await page.fill("#note-text", "没有脚本也能写");
  await page.locator("details[data-key=n] button").click();
  await page.getByText("没有脚本也能写").first().waitFor();
  await page.getByRole("status").filter({ hasText: "已完成" }).waitFor();
});

test("a telephone in the hand never scrolls sideways", async () => {
  const page = await office.desk("operator", { viewport: { width: 390, height: 844 } });
  for (const path of ["/board", `/tickets/${office.ticket}`, "/tickets/new", "/callbacks", "/calls", "/stations", "/people?q=王", "/me"]) {
    await page.goto(path);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= 390, `${path} is ${wide} px wide`);
  }
});

test("every control is at least 24 pixels high and has a name", async () => {
  const page = await office.desk("operator");
  for (const path of ["/board", `/tickets/${office.ticket}`, "/tickets/new", "/callbacks", "/me"]) {
    await page.goto(path);
    const small = await page.evaluate(() => [...document.querySelectorAll("button, select, textarea, summary, input:not([type=hidden], [type=radio], [type=checkbox]), nav a")]
      .filter((element) => element.checkVisibility())
      .map((element) => [element.outerHTML.slice(0, 90), element.getBoundingClientRect()])
      .filter(([, box]) => box.height > 0 && (box.height < 24 || box.width < 24))
      .map(([html]) => html));
    assert.deepEqual(small, [], path);
    const nameless = await page.evaluate(() => [...document.querySelectorAll("button, select, textarea, input:not([type=hidden])")]
      .filter((element) => element.checkVisibility())
      .filter((element) => !(element.labels?.length || element.getAttribute("aria-label") || element.textContent.trim()))
      .map((element) => element.outerHTML.slice(0, 90)));
    assert.deepEqual(nameless, [], path);
  }
  assert.deepEqual(office.complaints, []);
});
