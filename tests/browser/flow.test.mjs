// A ticket from a call to its end, by keyboard alone, on three desks that never reload.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Office, focused } from "./office.mjs";

// Work that only institutions do; answers the ticket's number.
async function drain(operator) {
  await operator.goto("/tickets/new");
  await operator.fill("#caller", "053283749998");
  await operator.selectOption("#area", "370203028001");
  await operator.fill("#address", "海岸路 12 号");
  await operator.fill("#description", "下水道堵了。");
  await operator.focus(".pick > input");
  await operator.keyboard.type("CON-02");
  await operator.keyboard.press("Enter");
  await operator.keyboard.press("Enter");
  await operator.waitForURL(/\/tickets\/\d{6}-\d{3}-\d{4}/);
  return operator.url().match(/(\d{6}-\d{3}-\d{4})/)[1];
}

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
  // Nobody knows the home: two go, and the second is named.
  assert.equal(await focused(handler), "accept-second");
  await handler.keyboard.type("赵同去");
  await handler.keyboard.press("Tab");
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

test("whom to give work to is asked for when the form is opened, and is there without scripts too", async () => {
  const number = await drain(await office.desk("operator"));
  const dispatcher = await office.desk("dispatcher");
  const choices = "select[name=facility] option[value='31']";
  await dispatcher.goto(`/tickets/${number}`);
  const form = dispatcher.locator("details[name=move]", { has: dispatcher.locator("select[name=facility]") });
  assert.equal(await dispatcher.locator(choices).count(), 0, "nothing is asked before");
  await form.locator("summary").click();
  await dispatcher.locator(choices).waitFor({ state: "attached" });
  const said = await form.locator("option").allInnerTexts();
  assert.match(said[1], /^桥边疏通队 · .*可以派给/);
  assert.match(said[2], /^海岸疏通队 · .*已派过该机构/);
  await form.locator("select").selectOption("31");
  await form.locator("textarea").fill("居民指定");
  await form.locator("button").click();
  await dispatcher.locator("aside").getByText("机构 · 桥边疏通队").waitFor();

  const plain = await office.window({ javaScriptEnabled: false });
  await plain.goto("/login");
  await plain.fill("input[name=login]", "dispatcher");
  await plain.fill("input[name=password]", office.password);
  await plain.locator("form button").first().click();
  await plain.goto(`/tickets/${number}`);
  const way = plain.locator("a[href$='do=assign_institution']");
  await plain.locator("details[name=move]", { has: way }).locator("summary").click();
  await way.click();
  await plain.locator("select[name=facility] option[value='32']").waitFor({ state: "attached" });
  assert.deepEqual(office.complaints, []);
});
