// The island that makes the pages live: countdowns, changes as they come, keys. Pages work without it.
"use strict";
(() => {
  const body = document.body;
  const $ = (selector, within = document) => within.querySelector(selector);
  const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];

  // ── countdowns: what the server's clock says, not this machine's ─────────────────────────────
  const skew = Number(body.dataset.now) - Date.now();
  const SOON_MS = 5 * 60 * 1000;

  function span(ms) {
    const s = Math.floor(Math.abs(ms) / 1000);
    const two = (n) => String(n).padStart(2, "0");
    if (s < 3600) return `${Math.floor(s / 60)}:${two(s % 60)}`;
    if (s < 48 * 3600) return `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
    return body.dataset.days.replace("%", String(Math.floor(s / 86400)));
  }

  function tick() {
    const now = Date.now() + skew;
    for (const clock of $$("[data-deadline]")) {
      const left = Number(clock.dataset.deadline) - now;
      const text = (left < 0 ? body.dataset.over : body.dataset.left).replace("%", span(left));
      if (clock.textContent !== text) clock.textContent = text;
      clock.classList.toggle("is-over", left < 0);
      clock.classList.toggle("is-soon", left >= 0 && left < SOON_MS);
    }
    for (const clock of $$("[data-since]")) {
      const text = span(now - Number(clock.dataset.since));
      if (clock.textContent !== text) clock.textContent = text;
    }
  }

  // ── changes as they come ────────────────────────────────────────────────────────────────────
  const SILENCE_MS = 20_000;
  const HIDDEN_MS = 60_000;
  let source = null;
  let seen = body.dataset.seq || "0";
  let heard = Date.now();
  let hiddenSince = null;

  function listen() {
    if (!body.dataset.live || source) return;
    const glue = body.dataset.live.includes("?") ? "&" : "?";
    source = new EventSource(`${body.dataset.live}${glue}since=${seen}`);
    const on = (name, act) => source.addEventListener(name, (event) => {
      heard = Date.now();
      if (event.lastEventId) seen = event.lastEventId;
      $("#lost").hidden = true;
      if (act) act(event.data ? JSON.parse(event.data) : null);
    });
    on("beat");
    on("row", putRow);
    on("gone", ({ id }) => { const row = document.getElementById(`t-${id}`); if (row) dropRow(row); });
    on("figures", putFigures);
    on("views", (views) => {
      for (const [name, n] of Object.entries(views)) {
        for (const place of $$(`[data-view="${name}"]`)) place.textContent = n;
      }
    });
    on("bands", ({ html }) => { $("#bands").innerHTML = html; });
    on("ticket", ({ id, line }) => ticketChanged(id, line));
    on("calls", () => refresh("#calls"));
    on("callbacks", () => refresh("#callbacks"));
    on("inbox", () => refresh("#inbox"));
    on("queue", () => refresh("#queue"));
    on("care", () => refresh("#care"));
    on("seat", putSeat);
    on("resync", () => (refresh("#board") || refresh("#ticket")));
  }

  function hush() {
    if (source) source.close();
    source = null;
  }

  function watch() {
    if (!body.dataset.live) return;
    if (document.hidden) {
      hiddenSince ??= Date.now();
      if (Date.now() - hiddenSince > HIDDEN_MS) hush();
      return;
    }
    hiddenSince = null;
    if (!source) { heard = Date.now(); listen(); }
    $("#lost").hidden = Date.now() - heard < SILENCE_MS;
    if (source && source.readyState === EventSource.CLOSED && Date.now() - heard > SILENCE_MS / 4) { hush(); listen(); }
  }

  function putRow({ id, sort, html }) {
    const rows = $("#rows");
    if (!rows) return;
    const holder = document.createElement("template");
    holder.innerHTML = html;
    const fresh = holder.content.firstElementChild;
    const old = document.getElementById(`t-${id}`);
    const focused = old && old.contains(document.activeElement);
    if (old && old.dataset.sort === sort) {
      old.replaceWith(fresh);
    } else {
      if (old) old.remove();
      const after = $$("tr.row", rows).find((row) => row.dataset.sort > sort);
      rows.insertBefore(fresh, after || null);
      if (!old) announce(fresh);
    }
    fresh.classList.add("is-fresh");
    if (focused) $("a", fresh).focus({ preventScroll: true });
    tick();
    countRows();
  }

  function dropRow(row) {
    if (row.contains(document.activeElement)) {
      const next = row.nextElementSibling || row.previousElementSibling;
      if (next && $("a", next)) $("a", next).focus({ preventScroll: true });
    }
    row.remove();
    countRows();
  }

  function countRows() {
    const none = $("#none");
    if (none) none.hidden = $("#rows tr.row") !== null;
    const table = $("#rows-table");
    if (table) table.hidden = !none.hidden;
  }

  // A new urgent ticket interrupts; the rest only shows itself.
  function announce(row) {
    if (row.classList.contains("u-P1")) $("#alarm").textContent = row.dataset.say;
  }

  function putFigures(figures) {
    for (const [name, { text, bad }] of Object.entries(figures)) {
      for (const place of $$(`[data-figure="${name}"]`)) {
        if (place.textContent !== text) place.textContent = text;
        place.parentElement.classList.toggle("is-bad", bad);
        place.classList.toggle("is-due", bad);
      }
    }
  }

  // The reader's own telephone. What they were choosing or about to press stays under their hands, and what was refused
  // them stays to be read. The answer to a form is drawn the same way: it may come when they are at the next thing.
  let seatShown = null;
  function putSeat({ html }) {
    if (html === seatShown) return;
    drawSeat(html, $("#seat .says"), null);
  }

  function seatAnswered({ detail }) {
    if (detail.target.id !== "seat" || !detail.shouldSwap) return;
    detail.shouldSwap = false;
    drawSeat(detail.xhr.responseText, null, detail.xhr.status < 400 ? detail.requestConfig.elt : null);
  }

  // `done` is the form that is over: it closes, and nothing of it is kept. It may have been drawn anew since it was sent.
  function drawSeat(html, says, done) {
    const seat = $("#seat");
    if (!seat) return;
    seatShown = html;
    const stays = (element) => !done || formOf(element)?.getAttribute("action") !== done.getAttribute("action");
    const held = seat.contains(document.activeElement) && stays(document.activeElement) ? pathTo(document.activeElement) : "";
    const chosen = $$("select, input[type=text]", seat).filter(stays).map(({ id, value }) => [id, value]);
    const open = $$("details[open]", seat).filter(stays).map(({ id }) => id);
    const state = $(".seat", seat)?.dataset.state;
    seat.innerHTML = html;
    htmx.process(seat);
    for (const id of open) { const panel = document.getElementById(id); if (panel) panel.open = true; }
    for (const [id, value] of chosen) putValue(document.getElementById(id), value);
    if (held) $(held, seat)?.focus({ preventScroll: true });
    const drawn = $(".seat", seat);
    if (says && drawn?.dataset.state === state) drawn.append(says);
    tick();
  }

  function formOf(element) {
    const panel = element.closest("details");
    return panel ? $("form", panel) : element.closest("form");
  }

  // An element of the bar by its own name, or as the summary or button of a panel that has one.
  function pathTo(element) {
    if (element.id) return `#${element.id}`;
    const panel = element.closest("[id]");
    return panel.id === "seat" ? "" : `#${panel.id} ${element.localName}`;
  }

  // Whoever was chosen and is not to be had any more is not chosen.
  function putValue(field, value) {
    if (!field || (field.matches("select") && ![...field.options].some((option) => option.value === value))) return;
    field.value = value;
  }

  function refresh(target) {
    if (!$(target)) return false;
    // A page that answers a form has that form's address, which nothing can be read from.
    htmx.ajax("GET", body.dataset.own || location.href, { target, select: target, swap: "outerHTML" });
    return true;
  }

  function ticketChanged(id, line) {
    const ticket = $("#ticket");
    if (!ticket || ticket.dataset.id !== id || Number(ticket.dataset.line) >= line) return;
    if (isBusy(ticket)) $("#changed").hidden = false;
    else refresh("#ticket");
  }

  // Somebody is typing or listening: never take the page from under them.
  function isBusy(within) {
    const typed = $$("textarea, input[type=text], input[type=datetime-local]", within)
      .some((field) => field.value !== field.defaultValue);
    const playing = $$("audio", within).some((audio) => !audio.paused);
    return typed || playing || $$(".moves details[open]", within).length > 0;
  }

  // ── keys ────────────────────────────────────────────────────────────────────────────────────
  const keysOn = () => document.documentElement.dataset.keys !== "off";
  let afterG = 0;

  const rowLinks = () => $$("#rows tr.row a.row-link, [data-rows] a.row-link");

  function step(by) {
    const links = rowLinks();
    if (!links.length) return false;
    const at = links.indexOf(document.activeElement);
    const next = links[at < 0 ? (by > 0 ? 0 : links.length - 1) : Math.max(0, Math.min(links.length - 1, at + by))];
    next.focus();
    next.closest("tr, li").scrollIntoView({ block: "nearest" });
    return true;
  }

  function openMove(key) {
    const move = $(`.moves details[data-key="${key}"]`);
    if (!move) return false;
    for (const other of $$(".moves details[open]")) if (other !== move) other.open = false;
    move.open = true;
    const field = $("input:not([type=hidden]), select, textarea, button", move);
    if (field) field.focus();
    return true;
  }

  function openPanel(panel) {
    panel.open = true;
    $("select, form button", panel)?.focus();
  }

  function pressLink(key) {
    const found = $(`[data-press="${key}"]`);
    if (!found) return false;
    if (found.matches("select")) found.focus();
    else if (found.matches("summary")) openPanel(found.parentElement);
    else found.click();
    return true;
  }

  function rowMove(key) {
    const link = document.activeElement;
    if (!link || !link.classList.contains("row-link")) return false;
    location.href = `${link.getAttribute("href")}?key=${key}`;
    return true;
  }

  function press(event) {
    if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey) return;
    const here = event.target;
    if (event.key === "Escape") { if (here.matches?.("input, textarea, select")) here.blur(); else closeMoves(); return; }
    if (!keysOn() || here.matches?.("input, textarea, select, [contenteditable]")) return;
    if (document.querySelector("dialog[open]") && event.key !== "?") return;
    if (act(event.key)) event.preventDefault();
  }

  function closeMoves() {
    for (const open of $$(".moves details[open], .seat details[open]")) { open.open = false; $("summary", open).focus(); }
  }

  function act(key) {
    if (Date.now() - afterG < 1500) {
      afterG = 0;
      const place = $(`a[data-go="${key}"]`);
      if (place) place.click();
      return Boolean(place);
    }
    switch (key) {
      case "g": afterG = Date.now(); return true;
      case "j": return step(1);
      case "k": return step(-1);
      case "/": $("#search")?.focus(); $("#search")?.select(); return true;
      case "?": return toggleSheet();
      case "u": { const back = $("a[data-back]"); if (back) back.click(); return Boolean(back); }
      case "p": { const sound = $("audio"); if (sound) sound.paused ? sound.play() : sound.pause(); return Boolean(sound); }
      default: return pressLink(key) || openMove(key) || ("can".includes(key) && rowMove(key));
    }
  }

  function toggleSheet() {
    const sheet = $("#keys");
    if (!sheet) return false;
    if (sheet.open) sheet.close(); else sheet.showModal();
    return true;
  }

  // ── picking from a long list by typing ──────────────────────────────────────────────────────
  function sift(box) {
    const wanted = box.value.trim().toLowerCase();
    const list = $(".list", box.closest(".pick"));
    for (const label of $$("label", list)) label.hidden = wanted !== "" && !label.dataset.find.includes(wanted);
    for (const group of $$(".group", list)) {
      let next = group.nextElementSibling;
      let any = false;
      while (next && !next.classList.contains("group")) { any ||= !next.hidden; next = next.nextElementSibling; }
      group.hidden = !any;
    }
  }

  function siftKey(event) {
    const box = event.target;
    if (!box.matches?.(".pick > input") || event.isComposing) return;
    if (event.key !== "ArrowDown" && event.key !== "Enter") return;
    event.preventDefault();
    const first = $$("label", box.closest(".pick")).find((label) => !label.hidden);
    if (first) { const radio = $("input", first); radio.checked = true; radio.focus(); }
  }

  // A choice that is a form of its own goes with Enter.
  function enterSends(event) {
    if (event.key !== "Enter" || !event.target.matches?.("select[data-enter-sends]")) return;
    event.preventDefault();
    event.target.form.requestSubmit();
  }

  // Enter that ends a pinyin word never sends the form.
  let composing = false;
  document.addEventListener("compositionstart", () => { composing = true; });
  document.addEventListener("compositionend", () => { setTimeout(() => { composing = false; }, 0); });
  document.addEventListener("submit", (event) => { if (composing) event.preventDefault(); }, true);

  document.addEventListener("keydown", siftKey);
  document.addEventListener("keydown", enterSends);
  document.addEventListener("keydown", press);
  document.addEventListener("input", (event) => { if (event.target.matches?.(".pick > input")) sift(event.target); });
  document.addEventListener("change", (event) => { if (event.target.matches?.("[data-sends]")) event.target.form.requestSubmit(); });
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-sheet]")) { event.preventDefault(); toggleSheet(); }
    const fills = event.target.closest?.("[data-fills]");
    if (fills) { const field = document.getElementById(fills.dataset.fills); field.value = fills.dataset.value; field.focus(); }
    const summary = event.target.closest?.(".moves summary");
    if (summary) for (const other of $$(".moves details[open]")) if (other !== summary.parentElement) other.open = false;
  });
  document.addEventListener("visibilitychange", watch);
  document.addEventListener("htmx:afterSettle", tick);
  document.addEventListener("htmx:beforeSwap", seatAnswered);
  window.addEventListener("pagehide", hush);

  tick();
  listen();
  setInterval(tick, 1000);
  setInterval(watch, 2000);
  const asked = new URLSearchParams(location.search).get("key");
  if (asked) openMove(asked);
})();
