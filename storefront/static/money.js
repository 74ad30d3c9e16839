// Exact sums while somebody types. Prices are whole ten-thousandths, sums whole minor units: no fractions to lose.

/** A decimal string as ten-thousandths. */
export const tenThousandths = (text) => Math.round(Number(text) * 10000);

/** A price times a quantity in minor units, rounded half up as the cart rounds it. */
export function goods(price, quantity, digits) {
  const unit = 10 ** (4 - digits);
  return Math.floor((price * quantity + unit / 2) / unit);
}

/** Minor units as text: 139440 becomes 1,394.40. */
export function sum(minor, digits) {
  return (minor / 10 ** digits).toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** A unit price as text, with the decimals it needs and never fewer than the currency has. */
export function each(price, digits) {
  return (price / 10000).toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: 4 });
}

/** A decimal string as minor units. */
export const minor = (text, digits) => Math.round(Number(text.replaceAll(",", "")) * 10 ** digits);

/** "12:12.10 96:11.40" as breaks, ascending. */
export function breaks(text) {
  return text.split(" ").filter(Boolean).map((step) => {
    const [minimum, price] = step.split(":");
    return { minimum: Number(minimum), price: tenThousandths(price) };
  });
}

/** The price when so many count together; below the first break the first one holds. */
export function priceAt(steps, held) {
  return (steps.findLast((step) => held >= step.minimum) ?? steps[0])?.price ?? 0;
}
