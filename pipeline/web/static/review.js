// The record page: keys, selection to slot, decisions. What is decided, the server says.
import { isComposing, keyOf } from "./keys.js";
import { selectedSpan } from "./offsets.js";
import { Outbox, isStranger, post } from "./outbox.js";

const csrf = document.body.dataset.csrf;
const main = document.getElementById("main");
const query = main.dataset.query;
const words = JSON.parse(main.dataset.words);
const slotOfKey = Object.fromEntries(main.dataset.slotKeys.trim().split(" ").map((pair) => pair.split("=")));
const kinds = main.dataset.kinds.split(" ");
const LOCK_EVERY = 30_000;
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const panel = () => $("#panel");
const article = () => $("#article");
const address = (id) => `/records/${id}${query ? `?${query}` : ""}`;

// ---- telling

function say(text) {
  $("#live").textContent = text;
}

function toast(text, { bad = false, href, label } = {}) {
  const note = document.createElement("p");
  note.className = bad ? "toast bad" : "toast";
  note.textContent = text;
  if (href) {
    const link = document.createElement("a");
    Object.assign(link, { href, textContent: label });
    note.append(" ", link);
  }
  $("#toasts").append(note);
  setTimeout(() => note.remove(), bad || href ? 12_000 : 3_500);
}

let leaving = false;
function askToLogIn() {
  const href = `/login?next=${encodeURIComponent(location.pathname + location.search)}`;
  toast(words["refusal.unauthorised"], { bad: true, href, label: words["live.login"] });
  $("#toasts").lastElementChild.addEventListener("click", () => { leaving = true; });
}

const refusal = (data) => words[`refusal.${data.error}`] ?? data.message ?? words["live.failed"];

const outbox = new Outbox({
  csrf,
  user: document.body.dataset.user,
  onChange(number, failing) {
    const key = failing ? "live.retrying" : "live.sending";
    const box = $("#outbox");
    box.textContent = number ? words[key].replace("{number}", number) : "";
    box.classList.toggle("bad", failing);
  },
  onAnswer(outcome, { record, counts }) {
    if (outcome.conflict) {
      toast(words["live.conflict"], { bad: true, href: address(record), label: words["live.conflict_open"] });
    } else if (counts) {
      const today = $("#today");
      today.dataset.count = Number(today.dataset.count) + 1;
      today.textContent = today.dataset.text.replace("#", today.dataset.count);
    }
  },
  onStranger: askToLogIn,
  onRefusal(data, { record }) {
    toast(`${words["live.failed"]}: ${refusal(data)}`, { bad: true, href: address(record), label: words["live.open"] });
  },
});
window.addEventListener("beforeunload", (event) => {
  if (outbox.items.length && !leaving) event.preventDefault();
});

// ---- one thing after the other: what is pressed while something is under way waits for it

let line = Promise.resolve();
let busy = 0;
function inTurn(act) {
  busy += 1;
  document.body.classList.toggle("busy", true);
  line = line.then(act).catch((error) => {
    toast(words["live.failed"], { bad: true });
    console.error(error);
  }).finally(() => {
    busy -= 1;
    document.body.classList.toggle("busy", busy > 0);
  });
  return line;
}

// ---- records: this one, and the next, fetched while this one is read

let upcoming = null; // a promise of {id, html}, or of null where none is left
let goBackTo = null; // the record that a missed deal interrupted

async function fetchPane(id) {
  const answer = await fetch(`/records/${id}/pane${query ? `?${query}` : ""}`);
  return answer.ok ? { id, html: await answer.text() } : null;
}

function prefetch() {
  const current = panel().dataset.record;
  upcoming = outbox.drained().then(async () => {
    const answer = await post("/api/v1/next", { query, leave_out: [current] }, csrf);
    return answer?.ok && answer.data.id ? fetchPane(answer.data.id) : null;
  });
}

function show({ id, html }, { push = true } = {}) {
  $("#pane").innerHTML = html;
  htmx.process($("#pane"));
  if (push) history.pushState({ id }, "", address(id));
  settle();
  $("#record-title").focus({ preventScroll: true });
}

// Everything that a record needs once it is on the page.
function settle() {
  document.title = `${$("#article p")?.textContent ?? ""} · ${document.title.split(" · ").pop()}`;
  const first = $("mark.s-amount, mark.s-count, mark.s-capacity_mw", article()) ?? $("mark", article());
  article().scrollTop = 0;
  if (first) first.scrollIntoView({ block: "center" });
  window.scrollTo(0, 0);
  keepLock();
  if (!("closed" in panel().dataset)) prefetch();
}

async function advance() {
  if (goBackTo) {
    const id = goBackTo;
    goBackTo = null;
    const pane = await fetchPane(id);
    if (pane) return show(pane);
  }
  if (!upcoming) prefetch();
  const next = await upcoming;
  if (next) return show(next);
  say(words["live.empty"]);
  await outbox.drained();
  location.href = `/queue${query ? `?${query}` : ""}`;
}

async function keepLock() {
  const { record, blind, closed } = panel().dataset;
  if (blind !== undefined || closed !== undefined || document.hidden) return;
  const answer = await post(`/api/v1/records/${record}/lock`, undefined, csrf, "PUT");
  if (!answer?.ok || panel().dataset.record !== record) return;
  const note = $("#lock");
  note.hidden = !answer.data.locked_by;
  if (answer.data.locked_by) note.textContent = note.dataset.text.replace("#", answer.data.locked_by);
}
setInterval(keepLock, LOCK_EVERY);
window.addEventListener("pagehide", () => {
  fetch(`/api/v1/records/${panel().dataset.record}/lock`, {
    method: "DELETE", keepalive: true, headers: { "x-csrf-token": csrf },
  });
});
window.addEventListener("popstate", () => {
  const id = location.pathname.split("/")[2];
  inTurn(async () => {
    const pane = await fetchPane(id);
    if (pane) show(pane, { push: false });
    else location.reload();
  });
});

// ---- decisions

// Sent behind the reviewer's back, for the next record need not wait for it.
function decide(action, more = {}) {
  if ("closed" in panel().dataset) return;
  inTurn(async () => {
    const { record, version } = panel().dataset;
    const lacks = $(".notice.lacks", panel());
    if (action === "accept" && lacks) return toast(lacks.textContent, { bad: true });
    outbox.add(
      `/api/v1/records/${record}/decisions`,
      { action, seen: Number(version), ...more },
      { record, counts: action !== "skip" },
    );
    say(words[`live.${action}`]);
    await advance();
  });
}

// Waited for, for the page shows what came of it.
function change(url, body, told) {
  return inTurn(async () => {
    await outbox.drained();
    const current = panel().dataset.record;
    const sent = typeof body === "function" ? body(panel().dataset) : body;
    const answer = await post(typeof url === "function" ? url(panel().dataset) : url, sent, csrf);
    if (!answer) return toast(words["live.failed"], { bad: true });
    if (isStranger(answer)) return askToLogIn();
    if (!answer.ok) return toast(refusal(answer.data), { bad: true });
    const outcome = answer.data;
    if (outcome.conflict) toast(words["live.conflict"], { bad: true });
    if (outcome.record_id === current) await refreshPanel();
    else {
      const pane = await fetchPane(outcome.record_id);
      if (pane) show(pane);
    }
    say(words[told] ?? "");
    return outcome;
  });
}

const decisions = ({ record }) => `/api/v1/records/${record}/decisions`;
const seen = ({ version }) => ({ seen: Number(version) });
const edit = (edits) =>
  change(decisions, (data) => ({ action: "edit", edits, ...seen(data) }), "live.edit");

// Only the record's side, and the paragraphs whose marks are others now: the article stays where
// it was scrolled to.
async function refreshPanel() {
  const focused = document.activeElement?.closest?.(".slot")?.id;
  const scrolled = $(".panel-scroll").scrollTop;
  const marked = $$("p.marked", article()).map((p) => p.dataset.start).join(",");
  const { record } = panel().dataset;
  const answer = await fetch(`/records/${record}/panel?marked=${marked}${query ? `&${query}` : ""}`);
  panel().outerHTML = await answer.text();
  htmx.process(panel());
  for (const fresh of $$("p", $("#changed").content)) {
    $(`p[data-start="${fresh.dataset.start}"]`, article())?.replaceWith(fresh);
  }
  $(".panel-scroll").scrollTop = scrolled;
  document.getElementById(focused ?? "")?.focus({ preventScroll: true });
}

// ---- slots

function assign(slot, { add = false } = {}) {
  if ("closed" in panel().dataset) return;
  const span = selectedSpan(article());
  if (!span) return toast(words["refusal.no_selection"], { bad: true });
  const many = ["buyer", "seller", "chips"].includes(slot);
  edit([{ op: add && many ? "add" : "set", slot, start: span.start, end: span.end }]).then(() => {
    document.getSelection().removeAllRanges();
  });
}

function showEvidence(slot, start) {
  const marks = $$(`mark[data-slots~="${slot}"]`, article());
  const mark = marks.find((one) => start !== undefined && covers(one, Number(start))) ?? marks[0];
  if (!mark) return;
  $$(".flash", article()).forEach((one) => one.classList.remove("flash"));
  mark.classList.add("flash");
  mark.scrollIntoView({ block: "center", behavior: reducedMotion() ? "auto" : "smooth" });
}

const reducedMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

function covers(mark, start) {
  const paragraph = mark.closest("[data-start]");
  const range = document.createRange();
  range.setStart(paragraph, 0);
  range.setEnd(mark, 0);
  const begin = Number(paragraph.dataset.start) + [...range.toString()].length;
  return begin <= start && start < begin + [...mark.textContent].length;
}

function activate(slot) {
  $$(".slot.active").forEach((one) => one.classList.remove("active"));
  const row = document.getElementById(`slot-${slot}`);
  if (!row) return;
  row.classList.add("active");
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

const activeSlot = () => $(".slot.active")?.dataset.slot;

function moveSlot(step) {
  const slots = $$(".slot");
  const at = slots.findIndex((one) => one.classList.contains("active"));
  const next = slots[Math.min(slots.length - 1, Math.max(0, at + step))];
  activate(next.dataset.slot);
  showEvidence(next.dataset.slot);
}

function openEdit(slot) {
  const form = $(`form[data-edit="${slot}"]`);
  if (!form) {
    $(`select[data-slot="${slot}"]`)?.focus();
    return;
  }
  activate(slot);
  form.hidden = false;
  form.typed.focus();
  form.typed.select();
}

function closeEdit(form) {
  form.hidden = true;
  document.getElementById(`slot-${form.dataset.edit}`).focus({ preventScroll: true });
}

let previewTimer;
function preview(form) {
  clearTimeout(previewTimer);
  previewTimer = setTimeout(async () => {
    const body = { slot: form.dataset.edit, typed: form.typed.value, article: panel().dataset.article };
    const answer = await post("/api/v1/read", body, csrf);
    if (!answer) return;
    const output = $("output", form);
    output.classList.toggle("bad", !answer.ok);
    output.textContent = answer.ok
      ? [answer.data.text, answer.data.detail].filter(Boolean).join("  ")
      : refusal(answer.data);
  }, 150);
}

// ---- dialogs

function openReject() {
  if ("closed" in panel().dataset) return;
  $("#note").value = "";
  $("#reject").showModal();
  $("#reject button").focus();
}

function reject(reason) {
  const note = $("#note").value.trim();
  const adjudicating = $("#reject").dataset.adjudicate;
  $("#reject").close();
  if (adjudicating) return adjudicate({ reject: reason });
  decide("reject", note ? { reason, note } : { reason });
}

$("#reject").addEventListener("close", () => { delete $("#reject").dataset.adjudicate; });
$("#reject").addEventListener("keydown", (event) => {
  if (isComposing(event)) return;
  if (event.target.id === "note") {
    if (event.key === "Enter") event.preventDefault();
    return;
  }
  const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code);
  const button = digit && $$("#reject [data-reason]")[Number(digit[1]) - 1];
  if (button) {
    event.preventDefault();
    event.stopPropagation(); // the dialog closes, and the page would take the digit for its own
    reject(button.dataset.reason);
  }
});

async function openSplit() {
  const { record, blind, closed } = panel().dataset;
  if (blind !== undefined || closed !== undefined) return;
  const answer = await fetch(`/records/${record}/split`);
  if (!answer.ok) return;
  $("#split").innerHTML = await answer.text();
  $("#split").showModal();
}

function splitBody(form) {
  const body = { action: "split", slots: [], moved: [], items: {}, moved_items: {} };
  for (const [name, choice] of new FormData(form)) {
    const [what, slot, index] = name.split(":");
    if (choice === "first") continue;
    if (what === "slot") {
      body.slots.push(slot);
      if (choice === "move") body.moved.push(slot);
    } else {
      (body.items[slot] ??= []).push(Number(index));
      if (choice === "move") (body.moved_items[slot] ??= []).push(Number(index));
    }
  }
  return body;
}

function adjudicate(body) {
  change(({ record }) => `/api/v1/records/${record}/adjudicate`, (data) => ({ ...body, ...seen(data) }), "live.adjudicate");
}

function addMissed() {
  const before = panel().dataset.record;
  change(({ article: id }) => `/api/v1/articles/${id}/records`, { kind: "supply" }, "live.add").then((outcome) => {
    if (outcome) {
      goBackTo = before;
      toast(words["live.add"]);
    }
  });
}

const actions = {
  accept: () => decide("accept"),
  reject: openReject,
  skip: () => ("closed" in panel().dataset ? inTurn(advance) : decide("skip")),
  next: () => inTurn(advance),
  undo: () => change("/api/v1/undo", {}, "live.undo"),
  redo: () => change("/api/v1/redo", {}, "live.redo"),
  missed: addMissed,
  split: openSplit,
  "adjudicate-reject": () => {
    $("#reject").dataset.adjudicate = "yes";
    $("#reject").showModal();
  },
};

// ---- keys

const keys = {
  a: actions.accept,
  r: actions.reject,
  s: actions.skip,
  u: actions.undo,
  y: actions.redo,
  "S-u": actions.redo,
  d: actions.missed,
  p: actions.split,
  e: () => openEdit(activeSlot() ?? "amount"),
  j: () => moveSlot(1),
  k: () => moveSlot(-1),
  q: () => { location.href = `/queue${query ? `?${query}` : ""}`; },
  "?": () => { location.href = "/help"; },
  Escape: () => document.getSelection().removeAllRanges(),
};
for (const [key, slot] of Object.entries(slotOfKey)) {
  keys[key] = () => assign(slot);
  keys[`S-${key}`] = () => assign(slot, { add: true });
}
kinds.forEach((kind, index) => {
  keys[String(index + 1)] = () => {
    if (!("closed" in panel().dataset)) edit([{ op: "set", slot: "kind", typed: kind }]);
  };
});

document.addEventListener("keydown", (event) => {
  if ($("dialog[open]")) return;
  const key = keyOf(event);
  if (key === null || !keys[key]) return;
  event.preventDefault();
  keys[key]();
});

// ---- mouse and fields

document.addEventListener("click", (event) => {
  const target = event.target.closest("button, mark");
  if (!target) return;
  const slot = target.closest(".slot")?.dataset.slot;
  const { data } = { data: target.dataset };
  if (data.action) actions[data.action]?.();
  else if (data.show) {
    activate(slot);
    showEvidence(data.show, data.start);
  } else if (data.remove) edit([{ op: "remove", slot, index: Number(data.remove) }]);
  else if (data.pen) openEdit(data.pen);
  else if (data.merge) change(decisions, (at) => ({ action: "merge", other: data.merge, ...seen(at) }), "live.merge");
  else if (data.reason) reject(data.reason);
  else if ("cancel" in data) closeEdit(target.form);
  else if ("close" in data) target.closest("dialog").close();
  else if (target.tagName === "MARK" && document.getSelection().isCollapsed) activate(data.slots.split(" ")[0]);
});

document.addEventListener("change", (event) => {
  const select = event.target;
  if (select.matches("select[data-slot]")) {
    const { slot } = select.dataset;
    select.blur();
    edit([{ op: "set", slot, typed: select.value }]);
  } else if (select.name === "take") {
    const button = $("#disagreement button");
    button.textContent = $("#disagreement input:checked") ? button.dataset.take : button.dataset.keep;
  }
});

document.addEventListener("input", (event) => {
  const form = event.target.closest("form.edit");
  if (form && !event.isComposing) preview(form);
});
document.addEventListener("compositionend", (event) => {
  const form = event.target.closest?.("form.edit");
  if (form) preview(form);
});

document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.("form.edit");
  if (!form) return;
  if (event.key === "Enter" && isComposing(event)) event.preventDefault();
  if (event.key === "Escape" && !isComposing(event)) closeEdit(form);
}, true);

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method === "post") return;
  event.preventDefault();
  const chosen = Object.fromEntries(new FormData(form));
  if (form.matches("form.edit")) {
    const slot = form.dataset.edit;
    edit([{ op: "set", slot, typed: form.typed.value }]);
  } else if (form.id === "split-form") {
    $("#split").close();
    change(decisions, (data) => ({ ...splitBody(form), ...seen(data) }), "live.split");
  } else if (form.id === "resolve") {
    change(({ record }) => `/api/v1/records/${record}/resolve`, { choices: chosen }, "live.resolve");
  } else if (form.id === "disagreement") {
    const take = new FormData(form).getAll("take");
    change(({ record }) => `/api/v1/records/${record}/disagreement`, (data) => ({ take, ...seen(data) }), "live.resolve");
  } else if (form.id === "adjudicate") {
    const other = Object.entries(chosen).filter(([, choice]) => choice === "2").map(([slot]) => slot);
    adjudicate({ base: 1, other });
  }
});

// ---- the picker beside selected words, for the mouse

const picker = $("#picker");
let pickerTimer;
document.addEventListener("selectionchange", () => {
  clearTimeout(pickerTimer);
  pickerTimer = setTimeout(() => {
    const span = "closed" in panel().dataset ? null : selectedSpan(article());
    picker.hidden = !span;
    if (!span) return;
    const box = document.getSelection().getRangeAt(0).getBoundingClientRect();
    const edge = Math.max(article().getBoundingClientRect().right, picker.offsetWidth + 16);
    const left = Math.max(8, Math.min(box.left, edge - picker.offsetWidth - 8));
    const below = box.bottom + picker.offsetHeight + 12 < innerHeight;
    picker.style.left = `${left}px`;
    picker.style.top = `${below ? box.bottom + 8 : Math.max(8, box.top - picker.offsetHeight - 8)}px`;
  }, 120);
});
picker.addEventListener("mousedown", (event) => event.preventDefault());
picker.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button) assign(button.dataset.slot, { add: event.shiftKey });
});

settle();
