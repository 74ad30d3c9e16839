// The grids of a page: counts while somebody types, moves by keys, takes blocks from a spreadsheet, undoes, and saves by itself.
import { breaks, each, goods, minor, priceAt, sum } from "./money.js";
import { fault, rule, stepped, whole } from "./quantity.js";
import { saver, say } from "./saver.js";

const form = document.querySelector("[data-sheets]");
const sheets = [...form.querySelectorAll("[data-sheet]")].map(readSheet);
const fields = sheets.flatMap((sheet) => sheet.fields);
const byName = new Map(fields.map((field) => [field.id, field]));
const digits = sheets[0]?.digits ?? 2;
const bar = document.querySelector("[data-bar]");
const cart = { units: minor(bar?.querySelector("[data-units]").textContent ?? "0", 0), value: minor(bar?.querySelector("[data-value]").textContent ?? "0", digits) };
let version = form.elements.version.value;

/** A field of the grid with what the page says about it. */
function readField(input) {
  return {
    input,
    id: input.name.slice(2),
    steps: breaks(input.dataset.b),
    group: input.dataset.g,
    limits: rule(input),
    otherwise: Number(input.dataset.o ?? 0),
    saved: Number(input.dataset.was),
    refused: null,
    note: noteOf(input.nextElementSibling),
    slot: input.nextElementSibling,
    price: input.parentElement.querySelector("[data-p]"),
  };
}

/** What the shop says about the number that is saved, as the page was drawn with it. */
function noteOf(slot) {
  const hint = slot.querySelector(".hint");
  return hint && { say: hint.textContent, offers: [], mild: hint.classList.contains("mild") };
}

/** One style: its fields by row and column, and the places where its sums stand. */
function readSheet(section) {
  const rows = [...section.querySelectorAll("[data-row]")].map((element) => ({
    element,
    cells: [...element.querySelectorAll("td:not(.sumc)")].map((cell) => {
      const input = cell.querySelector(".q");
      return input && readField(input);
    }),
  }));
  const packs = [...section.querySelectorAll(".packs .q")].map((input) => [readField(input)]);
  const matrix = [...rows.map((row) => row.cells), ...packs];
  return { section, rows, matrix, digits: Number(section.dataset.digits), fields: matrix.flat().filter(Boolean) };
}

const typed = (field) => whole(field.input.value) ?? 0;

function put(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

// ---- counting

function totals() {
  const held = new Map();
  for (const field of fields) held.set(field.group, (held.get(field.group) ?? 0) + typed(field) + field.otherwise);
  return held;
}

function add(cells, held, places) {
  let units = 0;
  let value = 0;
  for (const field of cells) {
    units += typed(field);
    value += goods(priceAt(field.steps, held.get(field.group)), typed(field), places);
  }
  return { units, value };
}

function show({ units, value }, unitsAt, valueAt, places) {
  put(unitsAt, units ? units.toLocaleString("en-US") : "");
  put(valueAt, units ? sum(value, places) : "");
}

/** What stands most often; of equals the first. */
function mostCommon(texts) {
  const times = new Map();
  for (const text of texts) times.set(text, (times.get(text) ?? 0) + 1);
  return [...times].reduce((best, next) => (next[1] > best[1] ? next : best), ["", 0])[0];
}

function countRow(row, held, places) {
  const cells = row.cells.filter(Boolean);
  show(add(cells, held, places), row.element.querySelector("[data-ru]"), row.element.querySelector("[data-rv]"), places);
  const prices = cells.map((field) => each(priceAt(field.steps, held.get(field.group)), places));
  const common = mostCommon(prices);
  if (cells.length) put(row.element.querySelector("[data-rp]"), common);
  cells.forEach((field, i) => {
    put(field.price, prices[i]);
    field.price?.classList.toggle("same", prices[i] === common);
  });
}

function markLadders(sheet, held) {
  const ladder = sheet.section.querySelector(".ladder") ?? document.querySelector(".head .ladder");
  ladder?.dataset.b.split("|").forEach((breaks, column) => {
    const members = sheet.fields.filter((field) => field.input.dataset.b === breaks);
    const most = Math.max(0, ...members.map((field) => held.get(field.group)));
    const steps = [...ladder.querySelectorAll("tbody tr")].map((row) => row.cells[column + 1]).filter((cell) => cell.dataset.min);
    const reached = steps.findLast((step) => most >= Number(step.dataset.min));
    for (const step of steps) step === reached ? step.setAttribute("aria-current", "true") : step.removeAttribute("aria-current");
  });
}

function nextBreak(sheet, held) {
  let best = null;
  for (const field of sheet.fields) {
    const have = held.get(field.group);
    const next = typed(field) > 0 && field.steps.find((step) => step.minimum > have);
    if (!next || (best && best.more <= next.minimum - have)) continue;
    best = { field, more: next.minimum - have, price: next.price };
  }
  if (!best) return "";
  const together = sheet.fields.filter((field) => field.group === best.field.group).length > 1;
  const place = best.field.input.getAttribute("aria-label").split(", ").slice(1, -2).join(" ");
  const of = together ? " of any of these" : sheet.fields.length > 1 ? ` of ${place}` : "";
  return `${best.more.toLocaleString("en-US")} more${of} for ${each(best.price, sheet.digits)} each`;
}

function countSheet(sheet, held) {
  for (const row of sheet.rows) countRow(row, held, sheet.digits);
  sheet.section.querySelectorAll("[data-cu]").forEach((place, column) => {
    const units = sheet.rows.reduce((all, row) => all + (row.cells[column] ? typed(row.cells[column]) : 0), 0);
    put(place, units ? units.toLocaleString("en-US") : "");
  });
  const all = add(sheet.fields, held, sheet.digits);
  show(all, sheet.section.querySelector("[data-au]"), sheet.section.querySelector("[data-av]"), sheet.digits);
  markLadders(sheet, held);
  put(sheet.section.querySelector("[data-next]"), nextBreak(sheet, held));
  const least = sheet.section.querySelector("[data-min-left]");
  const left = least && all.units ? Number(least.dataset.minLeft) - all.units : 0;
  put(least, left > 0 ? `${left} more to reach the least of ${least.dataset.minLeft} in all.` : "");
  return all;
}

let counted = { units: 0, value: 0 };
let base = null;

function count() {
  const held = totals();
  counted = { units: 0, value: 0 };
  for (const sheet of sheets) {
    const all = countSheet(sheet, held);
    counted.units += all.units;
    counted.value += all.value;
  }
  base ??= inCart();
  put(bar?.querySelector("[data-units]"), (cart.units + counted.units - base.units).toLocaleString("en-US"));
  put(bar?.querySelector("[data-value]"), sum(cart.value + counted.value - base.value, digits));
}

/** What the cart holds of this page's styles, at its own prices: the sum at the foot grows from there. */
function inCart() {
  const held = new Map();
  for (const field of fields) held.set(field.group, (held.get(field.group) ?? 0) + field.saved + field.otherwise);
  return fields.reduce(
    (all, field) => ({
      units: all.units + field.saved,
      value: all.value + goods(priceAt(field.steps, held.get(field.group)), field.saved, digits),
    }),
    { units: 0, value: 0 },
  );
}

// ---- what stands beside a field

function hintPlace(field) {
  let hint = field.slot.querySelector(".hint");
  if (!hint) {
    hint = document.createElement("span");
    hint.className = "hint";
    hint.id = `n-${field.id.replaceAll(/\W/g, "-")}`;
    field.slot.append(hint);
  }
  return hint;
}

/** Says something beside the field, with quantities to take instead; nothing to say takes it away. */
function hint(field, said) {
  field.input.toggleAttribute("data-on", typed(field) > 0);
  if (!said) {
    field.slot.querySelector(".hint")?.remove();
    field.input.removeAttribute("aria-invalid");
    field.input.removeAttribute("aria-describedby");
    return;
  }
  const place = hintPlace(field);
  place.textContent = `${said.say} `;
  place.classList.toggle("mild", said.mild === true);
  for (const offer of said.offers ?? []) place.append(offerButton(field, offer));
  field.input.setAttribute("aria-describedby", place.id);
  said.mild ? field.input.removeAttribute("aria-invalid") : field.input.setAttribute("aria-invalid", "true");
}

function offerButton(field, offer) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = offer;
  button.setAttribute("aria-label", `Set to ${offer}`);
  button.addEventListener("click", () => {
    apply([[field, String(offer)]]);
    field.input.focus();
  });
  return button;
}

// ---- changing numbers

const done = [];
const undone = [];
let session = null;

function settle(changed) {
  for (const field of changed) hint(field, fault(field.input.value, field.limits) ?? (typed(field) === field.saved ? field.note : null));
  count();
  save.later();
}

/** Puts new texts into fields as one step that can be undone. */
function apply(changes) {
  const step = changes.filter(([field, text]) => field.input.value !== text).map(([field, text]) => ({ field, before: field.input.value, after: text }));
  if (!step.length) return;
  for (const { field, after } of step) field.input.value = after;
  done.push(step);
  undone.length = 0;
  session = null;
  settle(step.map(({ field }) => field));
}

function travel(from, to, side) {
  const step = from.pop();
  if (!step) return;
  for (const change of step) change.field.input.value = change[side];
  to.push(step);
  session = null;
  settle(step.map(({ field }) => field));
  step[0].field.input.focus();
}

form.addEventListener("focusin", ({ target }) => {
  if (!target.matches(".q")) return;
  target.select();
  session = null;
});

form.addEventListener("mouseup", (event) => {
  if (event.target.matches?.(".q") && session === null) event.preventDefault();
});

form.addEventListener("input", ({ target }) => {
  const field = byName.get(target.name?.slice(2));
  if (!field) return;
  if (session?.field === field) session.after = target.value;
  else {
    session = { field, before: field.last ?? (field.saved ? String(field.saved) : ""), after: target.value };
    done.push([session]);
    undone.length = 0;
  }
  field.last = target.value;
  settle([field]);
});

form.addEventListener("focusout", ({ target }) => {
  const field = byName.get(target.name?.slice(2));
  if (field && target.value !== "" && typed(field) === 0 && whole(target.value) === 0) target.value = "";
  if (field) field.last = target.value;
});

// ---- keys

function place(input) {
  for (const [s, sheet] of sheets.entries())
    for (const [r, row] of sheet.matrix.entries()) {
      const c = row.findIndex((field) => field?.input === input);
      if (c >= 0) return { s, sheet, r, c };
    }
  return null;
}

/** The next field in a direction, over gaps; off the last row it goes on in the next style. */
function neighbour({ s, sheet, r, c }, down, right) {
  for (let y = r + down, x = c + right; sheet.matrix[y] && x >= 0 && x < sheet.matrix[y].length; y += down, x += right) if (sheet.matrix[y][x]) return sheet.matrix[y][x];
  const other = down && sheets[s + down];
  if (!other) return null;
  const rows = down > 0 ? other.matrix : other.matrix.toReversed();
  return rows.map((row) => row[c] ?? row.find(Boolean)).find(Boolean) ?? null;
}

const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

form.addEventListener("keydown", (event) => {
  if (!event.target.matches(".q")) return;
  const at = place(event.target);
  const field = at.sheet.matrix[at.r][at.c];
  const command = event.ctrlKey || event.metaKey;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const move = key === "Enter" ? [event.shiftKey ? -1 : 1, 0] : !command && !event.altKey ? MOVES[key] : null;
  if (move) neighbour(at, ...move)?.input.focus();
  else if (key === "Delete") apply([[field, ""]]);
  else if (command && key === "d") apply(at.sheet.matrix.slice(at.r + 1, at.sheet.rows.length).map((row) => row[at.c]).filter(Boolean).map((below) => [below, event.target.value]));
  else if (command && (key === "y" || (key === "z" && event.shiftKey))) travel(undone, done, "after");
  else if (command && key === "z") travel(done, undone, "before");
  else return;
  event.preventDefault();
});

// ---- paste

/** A copied block as rows of texts, without a heading row or column that came along. */
function block(text) {
  let rows = text.replaceAll("\r", "").replace(/\n$/, "").split("\n").map((row) => row.split("\t").map((cell) => cell.trim()));
  const names = (cells) => cells.some((cell) => whole(cell) === null) && cells.every((cell) => cell === "" || whole(cell) === null);
  if (rows.length > 1 && names(rows[0])) rows = rows.slice(1);
  if (rows[0].length > 1 && names(rows.map((row) => row[0]))) rows = rows.map((row) => row.slice(1));
  return rows;
}

form.addEventListener("paste", (event) => {
  const text = event.clipboardData?.getData("text/plain") ?? "";
  if (!event.target.matches(".q") || !/[\t\n]/.test(text.trim())) return;
  event.preventDefault();
  const { sheet, r, c } = place(event.target);
  const changes = [];
  let lost = 0;
  block(text).forEach((cells, y) =>
    cells.forEach((cell, x) => {
      const field = sheet.matrix[r + y]?.[c + x];
      if (field) changes.push([field, whole(cell) === 0 ? "" : cell]);
      else if (whole(cell) !== 0) lost += 1;
    }),
  );
  apply(changes);
  if (lost) say(`${lost} pasted ${lost === 1 ? "number has" : "numbers have"} no cell here and ${lost === 1 ? "was" : "were"} left out.`, "bad");
});

// ---- saving

const dirty = (field) => {
  const quantity = whole(field.input.value);
  return quantity !== null && quantity !== field.saved && field.refused !== field.input.value;
};

function changes() {
  const pending = fields.filter(dirty);
  if (!pending.length) return null;
  const body = new URLSearchParams({ version, drawn: form.elements.drawn.value });
  for (const field of pending) {
    body.set(`q.${field.id}`, String(whole(field.input.value)));
    body.set(`was.${field.id}`, String(field.saved));
  }
  return body;
}

/** Takes what the shop answered; true asks for another round at once. */
async function answered(response, body) {
  const answer = await response.json();
  if (answer.cart) version = String(answer.cart.version);
  if (answer.stale) return reconcile(answer.quantities);
  if (!answer.cart) {
    say(answer.message || "Not saved.", "bad");
    for (const field of fields.filter(dirty)) field.refused = field.input.value;
    return false;
  }
  for (const field of fields.filter(({ id }) => body.has(`q.${id}`))) {
    const sent = Number(body.get(`q.${field.id}`));
    if (!answer.refused[field.id]) field.saved = sent;
    else if (typed(field) === sent) field.refused = field.input.value;
  }
  cart.units = answer.cart.unitCount;
  cart.value = minor(answer.cart.subtotal.amount, digits);
  base = inCart();
  count();
  const faults = beside(answer);
  say(faults ? `Saved · ${faults === 1 ? "one quantity needs" : `${faults} quantities need`} a look` : "Saved", faults ? "" : "ok");
  return fields.some(dirty);
}

/** Puts the shop's words beside the fields they are about, unless a field has been typed in since. */
function beside({ refused, problems }) {
  let faults = 0;
  for (const field of fields) {
    const answer = refused[field.id] ?? problems[field.id];
    field.note = answer ? { say: answer.message, offers: answer.blocking && /^\d+$/.test(answer.needed ?? "") ? [Number(answer.needed)] : [], mild: !answer.blocking } : null;
    const stands = typed(field) === field.saved || refused[field.id];
    const said = fault(field.input.value, field.limits) ?? (stands ? field.note : null);
    hint(field, said);
    if (said && !said.mild) faults += 1;
  }
  return faults;
}

/** Somebody else changed the cart: their numbers come in wherever nothing was typed; where both did, the person decides. */
function reconcile(theirs) {
  let conflicts = 0;
  for (const field of fields) {
    const now = theirs[field.id] ?? 0;
    if (now === field.saved) continue;
    const mine = field.input.value;
    const untouched = typed(field) === field.saved;
    field.saved = now;
    if (untouched) field.input.value = now ? String(now) : "";
    if (untouched || whole(mine) === now) {
      hint(field, fault(field.input.value, field.limits));
      continue;
    }
    conflicts += 1;
    hint(field, { say: `now ${now} in the cart:`, offers: [now] });
  }
  count();
  if (conflicts) say("The cart was changed elsewhere. Look at the marked quantities, then press Save.", "bad");
  return conflicts === 0;
}

/** Sends the form as a page, with everything that is typed, for the shop to show what stopped it. */
function post() {
  form.elements.version.value = version;
  form.submit();
}

const save = saver({ url: location.pathname + location.search.replace(/[?&]saved=1/, ""), headers: { Accept: "application/json" }, changes, answered, post });
form.addEventListener("submit", (event) => {
  event.preventDefault();
  for (const field of fields) field.refused = null;
  if (changes()) save.flush();
  else say("Saved", "ok");
});

// ---- steps beside each field, blocks that fold: drawn once, and shown by the style sheet where the screen is narrow

function stepButton(field, up) {
  const button = document.createElement("button");
  button.type = "button";
  button.tabIndex = -1;
  button.className = `step ${up ? "more" : "less"}`;
  button.textContent = up ? "+" : "−";
  button.setAttribute("aria-label", `${up ? "More" : "Less"}: ${field.input.getAttribute("aria-label").split(", ").slice(1, -2).join(" ")}`);
  button.addEventListener("click", () => {
    const quantity = stepped(typed(field), field.limits, up);
    apply([[field, quantity ? String(quantity) : ""]]);
  });
  return button;
}

function foldButton(row) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "fold";
  const name = row.querySelector(".nm").textContent.trim();
  const fold = (folded) => {
    row.toggleAttribute("data-folded", folded);
    button.setAttribute("aria-expanded", String(!folded));
    button.setAttribute("aria-label", `${folded ? "Show" : "Hide"} ${name}`);
    button.textContent = folded ? "▸" : "▾";
  };
  button.addEventListener("click", () => fold(!row.hasAttribute("data-folded")));
  fold(false);
  return button;
}

for (const field of fields) {
  field.input.before(stepButton(field, false));
  field.slot.before(stepButton(field, true));
}
for (const { rows } of sheets.filter((sheet) => sheet.rows.length > 1)) for (const { element } of rows) element.querySelector(".sumc").append(foldButton(element));

count();
form.dataset.live = "";

// Whoever typed before this script was there is not left waiting.
if (changes()) settle(fields.filter(dirty));
