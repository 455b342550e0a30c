// Keeps what somebody is about to send on this device, so that a reload or an empty battery loses
// nothing. It listens to the form's text as it is typed; the page says the rest. Drafts are
// forgotten after a day.
const drafts = new WeakMap();
const PREFIX = "fairlab.draft.";
const DAY = 24 * 3600 * 1000;

function read(name) {
  try {
    const found = JSON.parse(localStorage.getItem(PREFIX + name) ?? "null");
    return found && typeof found === "object" && Date.now() - found.at < DAY ? found : null;
  } catch {
    return null;
  }
}

function write(name, changes) {
  try {
    const kept = { ...read(name), ...changes, at: Date.now() };
    localStorage.setItem(PREFIX + name, JSON.stringify(kept));
  } catch { /* no storage here: the draft lasts as long as the page */ }
}

function forgetOld() {
  try {
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith(PREFIX) && !read(key.slice(PREFIX.length))) localStorage.removeItem(key);
    }
  } catch { /* nothing is kept */ }
}

// Delete-my-data: what is kept here goes, too.
function forgetAll() {
  try {
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith(PREFIX)) localStorage.removeItem(key);
    }
  } catch { /* nothing is kept */ }
}

export default function ({ data, parentElement, setStateValue }) {
  if (data.forget) {
    forgetAll();
    return;
  }
  let state = drafts.get(parentElement);
  if (!state) {
    state = { told: null, forgotten: false };
    state.typed = (event) => {
      if (state.forgotten) return;
      if (event.target.tagName === "TEXTAREA" && event.target.closest?.(state.data.area)) {
        write(state.data.name, { text: event.target.value });
      }
    };
    // Forgotten in another tab: nothing typed here is kept from now on.
    state.heard = (event) => {
      if (event.key === PREFIX + state.data.name && event.newValue === null) state.forgotten = true;
    };
    document.addEventListener("input", state.typed);
    window.addEventListener("storage", state.heard);
    drafts.set(parentElement, state);
    forgetOld();
  }
  state.data = data;
  if (data.ask && state.told !== data.ask) {
    state.told = data.ask;
    setStateValue("draft", { ...read(data.name), name: data.name, asked: data.ask });
  } else if (!data.ask && !state.forgotten) {
    write(data.name, data.keep);
  }
  return () => {
    document.removeEventListener("input", state.typed);
    window.removeEventListener("storage", state.heard);
    drafts.delete(parentElement);
  };
}
