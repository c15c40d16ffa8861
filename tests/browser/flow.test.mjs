// A ticket from a call to its end, by keyboard alone, on three desks that never reload.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Office, focused } from "./office.mjs";

let office;
before(async () => { office = await Office.open(); });
after(async () => { await office.close(); });

test("a ticket is opened, accepted, done and closed by three people without a mouse", async () => {
  const handler = await office.desk("handler");
  const operator = await office.desk("operator");

  await operator.keyboard.press("g");
  await operator.keyboard.press("n");
  await operator.waitForURL("**/tickets/new");
  await operator.focus("#caller");
  await operator.keyboard.type("053283749999");
  await operator.selectOption("#area", "370203028001");
  await operator.focus("#address");
  await operator.keyboard.type("海岸路 99 号");
  await operator.keyboard.press("Tab");
  await operator.keyboard.type("楼上装修太吵，请去看看。");
  await operator.focus(".pick > input");
  await operator.keyboard.type("CON-08");
  await operator.keyboard.press("Enter");
  assert.equal(await operator.locator("input[name=category]:checked").inputValue(), "CON-08");
  await operator.keyboard.press("Enter");
  await operator.waitForURL(/\/tickets\/\d{6}-\d{3}-\d{4}/);
  const number = operator.url().match(/(\d{6}-\d{3}-\d{4})/)[1];

  // The handler's board, opened before, shows it without reloading.
  const row = handler.locator("tr.row", { hasText: number });
  await row.waitFor();
  await row.locator(".state.s-dispatched").waitFor();
  await row.locator("a").focus();
  await handler.keyboard.press("c");
  await handler.waitForURL("**/tickets/**");
  await handler.locator("details[data-key=c][open]").waitFor();
  await handler.keyboard.press("Enter");
  await handler.locator("#ticket .ticket-head .s-in_progress").waitFor();

  // The operator's page of the same ticket follows by itself.
  await operator.locator("#ticket .ticket-head .s-in_progress").waitFor();

  await handler.keyboard.press("d");
  await handler.keyboard.type("已上门劝说，对方答应中午停工。");
  await handler.keyboard.press("Tab");
  await handler.keyboard.press("Enter");
  await handler.locator("#ticket .ticket-head .s-handled").waitFor();

  const officer = await office.desk("officer");
  await officer.goto(`/tickets/${number}`);
  await officer.keyboard.press("v");
  assert.equal(await focused(officer), "survey_answers-resolved");
  await officer.keyboard.press("ArrowDown");
  // Over what to do after "partly" and how satisfied they are, to their words.
  await officer.keyboard.press("Tab");
  await officer.keyboard.press("Tab");
  await officer.keyboard.press("Tab");
  await officer.keyboard.type("好多了，谢谢。");
  await officer.keyboard.press("Tab");
  await officer.keyboard.press("Enter");
  await officer.locator("#ticket .ticket-head .s-closed").waitFor();
  await operator.locator("#ticket .ticket-head .s-closed").waitFor();
  await officer.getByText("好多了，谢谢。").first().waitFor();
  assert.deepEqual(office.complaints, []);
});
