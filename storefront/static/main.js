// Starts what a page holds: every page works without this file, and quicker with it.
const has = (selector) => document.querySelector(selector);

// A choice that only changes what is listed goes at once; on a phone the filter sheet waits for its button.
addEventListener("change", ({ target }) => {
  const inSheet = target.closest("#filters") && matchMedia("(max-width: 700px)").matches;
  if (target.matches("#filters input, [data-go]") && !inSheet) target.form.requestSubmit();
});

// The account menu closes when attention goes elsewhere.
const menu = has(".who");
if (menu) {
  addEventListener("click", ({ target }) => menu.contains(target) || menu.removeAttribute("open"));
  menu.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape") return;
    menu.removeAttribute("open");
    menu.querySelector("summary").focus();
  });
}

for (const number of document.querySelectorAll("[data-copy]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "copy";
  button.setAttribute("aria-label", `Copy ${number.textContent}`);
  const text = number.textContent;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text);
    button.textContent = "copied";
    setTimeout(() => (button.textContent = "copy"), 1500);
  });
  number.append(button);
}

// A picture that cannot be had leaves its place drawn, not broken.
const gone = (image) => image.classList.add("gone");
addEventListener("error", ({ target }) => target instanceof HTMLImageElement && gone(target), true);
for (const image of document.images) if (image.complete && !image.naturalWidth) gone(image);
