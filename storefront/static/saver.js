// Sends what was typed, one request at a time, a second after the last key; keeps it and tries again when it could not be sent.

const UNSAVED = "Not saved yet";
const state = document.getElementById("state");

/** One calm line at the foot: what became of the numbers. */
export function say(text, tone = "") {
  if (!state || state.textContent === text) return;
  state.textContent = text;
  state.dataset.tone = tone;
}

/** What stopped the saving, and the way on: what is typed stays, and goes along. */
function sayStopped(text, way, post) {
  say(`${text} `, "bad");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "open";
  button.textContent = way;
  button.addEventListener("click", post);
  state.append(button);
}

/**
 * `changes` gives the pending changes as form fields, or null, and touches nothing; `answered` takes the answer, with the fields it is for,
 * and returns true to send what is pending since at once; `post` sends
 * everything as a page, where the way on needs one.
 */
export function saver({ url, headers, changes, answered, post }) {
  let timer = 0;
  let sending = null;
  let rest = ["", ""];

  async function send(keepalive) {
    const body = changes();
    if (!body) return say(...rest);
    say("Saving …");
    let response;
    try {
      response = await fetch(url, { method: "POST", body, headers, keepalive });
    } catch {
      return retry("Offline: not saved yet, will be as soon as there is a connection.", 5000);
    }
    if (response.status === 401) return sayStopped("You are signed out. What you typed stays here.", "Sign in to save", post);
    if (response.status === 409) return sayStopped((await response.json()).message, "See both ways on", post);
    if (response.status === 429 || response.status >= 500) return retry("Not saved yet: the shop does not answer. Trying again.", 5000);
    if (await answered(response, body)) await send(false);
  }

  function retry(text, after) {
    say(text, "bad");
    clearTimeout(timer);
    timer = setTimeout(flush, after);
  }

  /** Saves now, after whatever is on its way. */
  async function flush(keepalive = false) {
    clearTimeout(timer);
    while (sending) await sending;
    sending = send(keepalive === true).finally(() => (sending = null));
    await sending;
  }

  function later() {
    clearTimeout(timer);
    if (state.textContent !== UNSAVED) rest = [state.textContent, state.dataset.tone ?? ""];
    say(UNSAVED);
    timer = setTimeout(flush, 1000);
  }

  addEventListener("online", () => flush());
  addEventListener("visibilitychange", () => changes() && flush(document.visibilityState === "hidden"));
  addEventListener("pagehide", () => changes() && flush(true));
  addEventListener("click", async (event) => {
    const link = event.target.closest?.("a[href^='/']:not([target])");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || !(changes() || sending)) return;
    event.preventDefault();
    await flush();
    location.assign(link.href);
  });
  return { later, flush };
}
