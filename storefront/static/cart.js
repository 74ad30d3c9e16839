// The cart's lines: saves a second after the last key and puts the recounted lines in place, without losing the field one is in.
import { whole } from "./quantity.js";
import { saver, say } from "./saver.js";

const cart = document.querySelector("[data-cart]");
const bar = document.querySelector("[data-bar]");
const form = () => cart.querySelector("form");
const fields = () => [...cart.querySelectorAll(".q")];
const before = (field) => whole(field.nextElementSibling.value);
const changed = () => fields().filter((field) => whole(field.value) !== before(field) && refused.get(field.name) !== field.value);

let refused = new Map();
let pressed = null;

function changes() {
  const pending = form() ? changed() : [];
  if (!pending.length && !pressed) return null;
  const body = new URLSearchParams({ version: form().elements.version.value, drawn: form().elements.drawn.value });
  for (const field of pending) {
    body.set(field.name, field.value);
    body.set(field.nextElementSibling.name, field.nextElementSibling.value);
  }
  if (pressed) body.set(pressed.name, pressed.value);
  return body;
}

/** Puts the fragment in place; what was typed while it was on its way is typed again and sent next. */
async function answered(response, body) {
  if (pressed && body.get(pressed.name) === pressed.value) pressed = null;
  if (!response.ok) {
    say("Not saved. Reload the page and try again.", "bad");
    return false;
  }
  const late = fields().filter((field) => whole(field.value) !== whole(body.get(field.name) ?? String(before(field))));
  const focused = document.activeElement?.id;
  cart.innerHTML = await response.text();
  const sums = cart.querySelector("[data-units-now]");
  if (!sums) {
    location.reload();
    return false;
  }
  refused = new Map(changed().map((field) => [field.name, field.value]));
  for (const { name, value } of late) if (form().elements[name]) form().elements[name].value = value;
  document.getElementById(focused)?.focus();
  bar.querySelector("[data-units]").textContent = sums.dataset.unitsNow;
  bar.querySelector("[data-value]").textContent = sums.dataset.valueNow;
  const faults = cart.querySelectorAll("[aria-invalid]").length;
  say(faults ? `Saved · ${faults === 1 ? "one line needs" : `${faults} lines need`} a look` : "Saved", faults ? "" : "ok");
  return late.length > 0;
}

const save = saver({ url: "/cart", headers: { "X-Fragment": "1" }, changes, answered, post: () => form().submit() });

cart.addEventListener("input", ({ target }) => target.matches(".q") && save.later());
cart.addEventListener("focusin", ({ target }) => target.matches(".q") && target.select());
cart.addEventListener("keydown", (event) => {
  if (!event.target.matches(".q") || !["Enter", "ArrowDown", "ArrowUp"].includes(event.key)) return;
  const all = fields();
  all[all.indexOf(event.target) + (event.key === "ArrowUp" || event.shiftKey ? -1 : 1)]?.focus();
  event.preventDefault();
});
addEventListener("submit", (event) => {
  if (event.target !== form()) return;
  event.preventDefault();
  refused.clear();
  pressed = event.submitter?.name ? event.submitter : null;
  if (changes()) save.flush();
  else say("Saved", "ok");
});

cart.dataset.live = "";

// Whoever typed before this script was there is not left waiting.
if (changes()) save.later();
