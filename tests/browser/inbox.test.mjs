// A text that nobody understood: read and answered by keyboard, gone from another desk's count without reloading.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Office } from "./office.mjs";

let office;
before(async () => { office = await Office.open(); });
after(async () => { await office.close(); });

const count = (page) => page.locator("nav [data-figure=inbox]").textContent();

test("a text is answered from the inbox, and every other desk sees that it is", async () => {
  const supervisor = await office.desk("supervisor");
  assert.equal(await count(supervisor), "1");
  const operator = await office.desk("operator");
  await operator.keyboard.press("g");
  await operator.keyboard.press("x");
  await operator.waitForURL("**/inbox");
  await operator.locator("#inbox tr.row a").focus();
  await operator.keyboard.press("Enter");
  await operator.waitForURL("**/inbox/*");
  await operator.getByText("你们那个送饭的今天还来吗").first().waitFor();
  await operator.focus("#words");
  await operator.keyboard.type("十一点半到，请在家等。");
  await operator.keyboard.press("Tab");
  await operator.keyboard.press("Enter");
  await operator.waitForURL("**/inbox");
  await operator.getByText("没有待处理的短信").waitFor();
  await operator.getByRole("link", { name: "已处理" }).focus();
  await operator.keyboard.press("Enter");
  await operator.waitForURL("**/inbox?ended=1");
  const answered = operator.locator("tr.row", { hasText: "十一点半到，请在家等。" });
  await answered.waitFor();
  assert.match(await answered.textContent(), /陈晓云/, "who wrote back is recorded");
  await supervisor.waitForFunction(() => document.querySelector("nav [data-figure=inbox]").textContent === "0");
  assert.deepEqual(office.complaints, []);
});

test("a reader changes their own password and goes on", async () => {
  const page = await office.desk("dispatcher");
  await page.goto("/me");
  await page.fill("#old", office.password);
  await page.fill("#new", "新的潮声 2027");
  await page.fill("#again", "新的潮声 2027");
  await page.focus("#again");
  await page.keyboard.press("Enter");
  await page.getByText("密码已修改").waitFor();
  await page.goto("/board");
  assert.equal(new URL(page.url()).pathname, "/board");
});
