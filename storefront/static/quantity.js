// What a person may type as a quantity, and what a rule says about it. Nothing here changes a number: it only offers others.

/** The text as a whole number; blank is 0, null is not a number, or may be two: 1,200 is 1.2 to some. Spaces are forgiven. */
export function whole(text) {
  const kept = text.replace(/[\s\u00a0]/g, "");
  if (kept === "") return 0;
  const digits = /^\d{1,3}([.,])\d{3}(\1\d{3})+$/.test(kept) ? kept.replace(/\D/g, "") : kept;
  return /^\d{1,9}$/.test(digits) ? Number(digits) : null;
}

/** A field's rule, as the page wrote it: minimum, maximum or nothing, increment. */
export function rule(field) {
  const [minimum, maximum, increment] = field.dataset.r.split(",");
  return { minimum: Number(minimum), maximum: maximum ? Number(maximum) : Infinity, increment: Number(increment) || 1 };
}

/** The nearest quantity at or above this one that the rule allows. */
function allowed(quantity, { minimum, maximum, increment }) {
  const up = Math.ceil(Math.max(quantity, minimum, 1) / increment) * increment;
  return up > maximum ? Math.floor(maximum / increment) * increment : up;
}

/** Why this quantity cannot stand, in a word, with the quantities that can. */
export function fault(text, limits) {
  const quantity = whole(text);
  if (quantity === null) return { say: "whole numbers only", offers: [] };
  if (quantity === 0) return null;
  const { minimum, maximum, increment } = limits;
  if (quantity < minimum) return { say: "at least", offers: [allowed(minimum, limits)] };
  if (quantity > maximum) return { say: "at most", offers: [allowed(maximum, limits)] };
  if (quantity % increment === 0) return null;
  const below = quantity - (quantity % increment);
  const offers = [below, below + increment].filter((offer) => offer >= minimum && offer <= maximum && offer > 0);
  return { say: `by ${increment}:`, offers };
}

/** One step up or down among the quantities that the rule allows; below the least comes nothing. */
export function stepped(quantity, limits, up) {
  if (up) return allowed(quantity + 1, limits);
  const down = Math.ceil(quantity / limits.increment - 1) * limits.increment;
  return down < limits.minimum ? 0 : Math.max(down, 0);
}
