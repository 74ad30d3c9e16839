// Sends what was typed, one request at a time, a second after the last key; keeps it and tries again when it could not be sent.

const UNSAVED = "Not saved yet";
const state = document.getElementById("state");

/** One calm line at the foot: what became of the numbers. */
export function say(text, tone = "") {
  if (!state || state.textContent === text) return;
  state.textContent = text;
  state.dataset.tone = tone;
}

function saySignedOut() {
  say("You are signed out. What you typed stays here: ", "bad");
  const link = document.createElement("a");
  link.href = "/sign-in";
  link.target = "_blank";
  link.textContent = "sign in, then come back";
  state.append(link);
}

/**
 * `changes` gives the pending changes as form fields, or null, and touches nothing; `answered` takes the answer, with the fields it is for,
 * and returns true to send what is pending since at once.
 */
export function saver({ url, headers, changes, answered }) {
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
    if (response.status === 401) return saySignedOut();
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
