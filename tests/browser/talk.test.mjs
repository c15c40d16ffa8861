// What an operator does with a call, and a supervisor at it, by keyboard; callers and colleagues are SIP telephones.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Office, focused, isWell } from "./office.mjs";

const PATIENCE = 60_000;

let office;
before(async () => { office = await Office.open("story"); });
after(async () => { await office.close(); });

// A page of somebody who may wait as long as telephones take.
async function at(login, options) {
  const page = await office.desk(login, options);
  page.setDefaultTimeout(PATIENCE);
  await page.goto("/queue");
  return page;
}

async function ready(login, options) {
  const page = await at(login, options);
  await page.keyboard.press("t");
  await page.locator(".seat.s-ready").waitFor();
  return page;
}

const line = (page, words) => page.locator(".seat .line", { hasText: words });
const isSaid = (page, words) => page.locator(".seat .says.is-refused", { hasText: words }).waitFor();
const caller = (page) => page.locator(".seat .on-line .number").first().textContent();

// What the browser complains of besides the two noes that were asked for, of which it may tell late.
const complaints = () => office.complaints.filter((complaint) => !/status of (422|404)/.test(complaint));

async function press(page, ...keys) {
  for (const key of keys) await page.keyboard.press(key);
}

// The colleague goes home and the operator is away, for whoever is tested next; nothing was complained of.
async function theDayEnds(page, colleague) {
  await press(colleague, "q");
  await colleague.locator(".seat.s-off").waitFor();
  await colleague.close();
  await press(page, "y");
  await page.locator(".seat.s-away").waitFor();
  await page.close();
  assert.deepEqual(complaints(), []);
}

test("an operator holds, mutes, asks a colleague and leaves the caller to them, by single keys", { timeout: 240_000 }, async () => {
  const page = await ready("operator");
  office.tell("want");
  await page.locator(".seat.s-talking").waitFor();
  const rang = await caller(page);
  for (const [key, words] of [["1", "保持中"], ["2", "已静音"]]) {
    await press(page, key);
    await line(page, words).waitFor();
    await press(page, key);
    await line(page, words).waitFor({ state: "detached" });
  }

  // Nobody is chosen, then a number that nobody has: the bar says so, and nothing has happened to the call.
  await press(page, "3");
  assert.equal(await focused(page), "transfer-to");
  await press(page, "Enter");
  await isSaid(page, "请选择一个人");
  // The panel is still open, at the choice that is missing.
  assert.equal(await focused(page), "transfer-to");
  await press(page, "Tab");
  await page.keyboard.type("299");
  await press(page, "Enter");
  await isSaid(page, "不是分机");
  assert.equal(await page.inputValue("#transfer-number"), "299");

  // A colleague comes to work meanwhile, which draws the bar anew: what was said stays to be read. They are chosen with
  // an arrow and asked first. The caller hears music.
  const other = await ready("colleague");
  await page.locator("#ask-to option[value='202']").waitFor({ state: "attached" });
  await isSaid(page, "不是分机");
  await press(page, "Escape", "4");
  assert.equal(await focused(page), "ask-to");
  await press(page, "ArrowDown");
  assert.equal(await page.inputValue("#ask-to"), "202");
  await isWell(page);
  await press(page, "Enter");
  await line(page, "保持中").waitFor();
  await other.locator(".seat.s-talking").waitFor();
  await line(page, "同事 已加入通话").waitFor();
  assert.equal(await caller(other), rang);
  await isWell(page);

  // The operator leaves: the colleague has the caller, who is back from hold.
  await press(page, "0", "Enter");
  await page.locator(".seat.s-wrap_up").waitFor();
  await line(other, "保持中").waitFor({ state: "detached" });

  // The colleague brings 120 in and leaves the two to each other.
  await press(other, "5", "Tab");
  await other.keyboard.type("120");
  await press(other, "Enter");
  await line(other, "120 已加入通话").waitFor();
  await press(other, "0");
  assert.match(await other.locator("#call-hang_up").textContent(), /其他人继续通话/);
  await press(other, "Enter");
  await other.locator(".seat.s-wrap_up").waitFor();
  office.tell("leave");
  await theDayEnds(page, other);
});

test("an answer that comes late takes nothing from under an operator's hands", { timeout: 240_000 }, async () => {
  const page = await ready("operator");
  office.tell("want");
  await page.locator(".seat.s-talking").waitFor();
  let comes;
  const isHeld = new Promise((held) => {
    page.route("**/seat/call/mute", async (route) => {
      const response = await route.fetch();
      await new Promise((come) => { comes = come; held(); });
      await route.fulfill({ response });
    });
  });
  await press(page, "2");
  await isHeld;
  await line(page, "已静音").waitFor();
  await press(page, "3", "Tab");
  await page.keyboard.type("2");
  const answered = page.waitForResponse("**/seat/call/mute");
  comes();
  await (await answered).finished();
  await page.keyboard.type("99");
  assert.equal(await focused(page), "transfer-number");
  await press(page, "Enter");
  await isSaid(page, "不是分机");
  assert.equal(await page.inputValue("#transfer-number"), "299");
  office.tell("leave");
  await page.locator(".seat.s-wrap_up").waitFor();
  await press(page, "Escape", "y");
  await page.locator(".seat.s-away").waitFor();
  await page.close();
  assert.deepEqual(complaints(), []);
});

test("a caller is led on at once, and what was being typed stays while the bar is drawn anew", { timeout: 240_000 }, async () => {
  const page = await ready("operator");
  office.tell("want");
  await page.locator(".seat.s-talking").waitFor();
  await press(page, "3", "Tab");
  await page.keyboard.type("20");
  // The bar is drawn anew, for the colleague comes to work.
  const other = await ready("colleague");
  await page.locator("#transfer-to option[value='202']").waitFor({ state: "attached" });
  assert.equal(await focused(page), "transfer-number");
  assert.equal(await page.inputValue("#transfer-number"), "20");
  await page.keyboard.type("2");
  await press(page, "Enter");
  await page.locator(".seat.s-wrap_up").waitFor();
  await other.locator(".seat.s-talking").waitFor();
  office.tell("leave");
  await other.locator(".seat.s-wrap_up").waitFor();
  await theDayEnds(page, other);
});

test("a supervisor listens, whispers, joins and leaves; in the hand both pages are whole", { timeout: 240_000 }, async () => {
  const page = await ready("operator", { viewport: { width: 390, height: 844 } });
  office.tell("want");
  await page.locator(".seat.s-talking").waitFor();
  const chief = await at("supervisor");
  const does = async (how) => {
    await chief.locator(`button[id$="-${how}"]`).focus();
    await press(chief, "Enter");
  };
  const state = (words) => chief.locator("#queue .tag", { hasText: words }).waitFor();
  await does("listen");
  await state("您在旁听");
  assert.doesNotMatch(await page.locator(".seat").textContent(), /班长/, "who only listens is not shown");
  await isWell(chief);
  await does("whisper");
  await state("您在密语");
  await line(page, "班长密语").waitFor();
  await does("barge");
  await state("您已加入");
  await line(page, "班长已加入通话").waitFor();
  await isWell(page);
  await page.locator("#call-ask summary").click();
  await isWell(page);
  await press(page, "Escape");
  assert.equal(await page.locator(".seat details[open]").count(), 0);
  await chief.setViewportSize({ width: 390, height: 844 });
  await isWell(chief);
  await does("stop");
  await chief.locator("#queue .tag", { hasText: "您" }).waitFor({ state: "detached" });
  assert.equal(await page.locator(".seat.s-talking").count(), 1, "the talk goes on");
  office.tell("leave");
  await page.locator(".seat.s-wrap_up").waitFor();
  await chief.locator('button[id$="-listen"]').waitFor({ state: "detached" });
  assert.deepEqual(complaints(), []);
});
