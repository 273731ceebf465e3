// The queue's keys, and filters kept under a name. Filtering itself is htmx.
import { isComposing, keyOf } from "./keys.js";

const csrf = document.body.dataset.csrf;
const form = document.getElementById("filters");
const send = (method, url, body) => fetch(url, {
  method,
  headers: { "content-type": "application/json", "x-csrf-token": csrf },
  body: body && JSON.stringify(body),
});

// Empty fields would make long addresses that say nothing.
document.body.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.elt !== form) return;
  const kept = new FormData();
  for (const [name, value] of new FormData(form)) if (value) kept.append(name, value);
  event.detail.parameters = kept;
});

form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && isComposing(event)) event.preventDefault();
});

document.getElementById("save").addEventListener("click", async () => {
  const name = document.getElementById("save-name").value.trim();
  if (!name) return;
  const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value)).toString();
  const answer = await send("POST", "/api/v1/filters", { name, query });
  if (answer.ok) location.reload();
  else alert((await answer.json()).message);
});
document.querySelectorAll("button.drop").forEach((button) =>
  button.addEventListener("click", async () => {
    await send("DELETE", `/api/v1/filters/${button.dataset.filter}`);
    button.closest("li").remove();
  }));

function moveRow(step) {
  const rows = [...document.querySelectorAll(".row-link")];
  const at = rows.indexOf(document.activeElement);
  rows[Math.min(rows.length - 1, Math.max(0, at + step))]?.focus();
}

document.addEventListener("keydown", (event) => {
  const key = keyOf(event);
  const actions = {
    "/": () => document.getElementById("q").focus(),
    "?": () => { location.href = "/help"; },
    g: () => document.getElementById("start")?.click(),
    j: () => moveRow(1),
    k: () => moveRow(-1),
  };
  if (key && actions[key]) {
    event.preventDefault();
    actions[key]();
  }
});
