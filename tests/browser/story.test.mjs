// A ticket from a call to its end, seen by a dispatcher on pages that were open before and never reload.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Office } from "./office.mjs";

// A call is heard in real time, and its survey too.
const PATIENCE = 60_000;

let office;
before(async () => { office = await Office.open("story"); });
after(async () => { await office.close(); });

// A reload would forget it.
const mark = (page) => page.evaluate(() => { window.opened = "before"; });
const isTheSame = (page) => page.evaluate(() => window.opened === "before");

// The next text of any handset, or of one, that has these words.
const text = async (words, handset = "\\d+") => {
  const [, to, body] = await office.told(new RegExp(`^text (${handset}) (.*${words}.*)$`));
  return { to, body };
};

test("a call by telephone goes from offered to closed on pages that never reload", { timeout: 300_000 }, async () => {
  const board = await office.desk("dispatcher");
  const page = await office.desk("dispatcher");
  for (const one of [board, page]) one.setDefaultTimeout(PATIENCE);
  await board.goto("/board");
  await mark(board);
  assert.equal(await board.locator("tr.row").count(), 0);

  // A resident rings over SIP and keys a wish; volunteers are asked over SMPP.
  office.tell("ring");
  const row = board.locator("tr.row");
  await row.locator(".state.s-offering").waitFor();
  const number = (await row.locator(".number").first().textContent()).trim();
  assert.match(number, /^\d{6}-\d{3}-\d{4}$/);
  await page.goto(`/tickets/${number}`);
  await mark(page);
  const stands = async (state) => {
    await page.locator(`#ticket .ticket-head .s-${state}`).waitFor();
    await (state === "closed" ? row.waitFor({ state: "detached" }) : row.locator(`.state.s-${state}`).waitFor());
  };
  await stands("offering");
  const [, heard] = await office.told(/^heard (\d+)$/);
  assert.ok(heard.includes(number.replaceAll("-", "")), `${number} was heard as ${heard}`);

  // A volunteer says yes, is there, is done.
  const offer = await text("回1接2拒");
  const [, code] = offer.body.match(/邀单 (\d{2})/);
  office.tell(`say ${offer.to} ${code} 1`);
  await text("由您办理", offer.to);
  await stands("in_progress");
  office.tell(`say ${offer.to} ${code} 8`);
  office.tell(`say ${offer.to} ${code} 9`);
  await stands("handled");

  // The line rings the resident, who says that it is solved.
  await stands("closed");
  for (const one of [board, page]) assert.equal(await isTheSame(one), true, "no page was loaded again");
  assert.deepEqual(office.complaints, []);
});
