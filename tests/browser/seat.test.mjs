// An operator's day by keyboard, on a page that was open before and never reloads; callers ring over SIP.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Office, focused } from "./office.mjs";

const PATIENCE = 60_000;

let office;
before(async () => { office = await Office.open("story"); });
after(async () => { await office.close(); });

test("an operator signs in, talks, sees who waits, writes up and takes the next, without a mouse", { timeout: 240_000 }, async () => {
  const page = await office.desk("operator");
  page.setDefaultTimeout(PATIENCE);
  await page.keyboard.press("g");
  await page.keyboard.press("q");
  await page.waitForURL("**/queue");
  await page.evaluate(() => { window.opened = "before"; });
  await page.locator(".seat.s-off").waitFor();
  await page.keyboard.press("t");
  await page.locator(".seat.s-ready").waitFor();

  // The first caller has the operator.
  office.tell("want");
  await page.locator(".seat.s-ringing").waitFor();
  await page.locator(".seat.s-talking").waitFor();
  const first = await page.locator(".seat .on-line .number").first().textContent();
  assert.match(first, /^1\d{10}$/);
  assert.equal(await page.locator("#queue #rows tr.row").count(), 0);

  // The second waits, and stands in the queue.
  office.tell("want");
  const waits = page.locator("#queue #rows tr.row");
  await waits.waitFor();
  assert.match(await waits.textContent(), /来电/);
  assert.doesNotMatch(await waits.textContent(), new RegExp(first));

  // The first hangs up: what it came to is a key, an arrow and Enter away. Then the second is rung for.
  office.tell("leave");
  await page.locator(".seat.s-wrap_up").waitFor();
  await page.keyboard.press("f");
  assert.equal(await focused(page), "disposition");
  await page.keyboard.press("ArrowDown");
  const [asked] = await Promise.all([
    page.waitForRequest((request) => request.url().endsWith("/seat/do/wrap_up")),
    page.keyboard.press("Enter"),
  ]);
  assert.equal(asked.postData(), "disposition=answered");
  await page.locator(".seat.s-talking").waitFor();
  await waits.waitFor({ state: "detached" });
  assert.notEqual(await page.locator(".seat .on-line .number").first().textContent(), first);

  // The form for a new ticket is one key away, with the number in it.
  const second = await page.locator(".seat .on-line .number").first().textContent();
  assert.equal(await page.evaluate(() => window.opened), "before", "the page was never loaded again");
  await page.keyboard.press("i");
  await page.waitForURL("**/tickets/new?**");
  assert.equal(await page.inputValue("#caller"), second);

  // Typing is never taken from under anybody when the call ends.
  await page.focus("#address");
  await page.keyboard.type("海岸路 7 号");
  office.tell("leave");
  await page.locator(".seat.s-wrap_up").waitFor();
  assert.equal(await page.inputValue("#address"), "海岸路 7 号");
  assert.equal(await focused(page), "address");
  await page.keyboard.press("Escape");
  await page.keyboard.press("q");
  await page.locator(".seat.s-off").waitFor();
  assert.deepEqual(office.complaints, []);
});

test("in the hand the bar is whole and nothing runs out of the page", async () => {
  const page = await office.desk("operator", { viewport: { width: 390, height: 844 } });
  await page.goto("/queue");
  await page.locator(".seat button").first().click();
  await page.locator(".seat.s-ready").waitFor();
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 390, `the page is ${wide} wide`);
  assert.deepEqual(office.complaints, []);
});
