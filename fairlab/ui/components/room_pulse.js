// Asks a small JSON route that answers when the room changed, then has the page run once. While
// that run is under way no other is asked for, so a busy minute costs a busy server few runs.

const pulses = new WeakMap();
const PATIENCE = 6000; // milliseconds until a run that did not come is asked for again

function schedule(state, delay) {
  clearTimeout(state.timer);
  if (!state.closed) state.timer = setTimeout(() => ask(state), delay);
}

function letGo(state) {
  clearTimeout(state.timer);
  const question = state.question;
  state.question = null;
  question?.abort();
}

// Milliseconds: 0.4, 0.8 … at most 6 seconds, each shortened at random so that thirty pages do
// not come back to a new server in step.
function backOff(failures) {
  return Math.min(6000, 400 * 2 ** (failures - 1)) * (0.5 + 0.5 * Math.random());
}

function say(state, counts) {
  const text = state.data.line
    .replace("{answers}", String(counts.answers))
    .replace("{participants}", String(counts.participants));
  if (state.said.textContent !== text) state.said.textContent = text;
}

// The page is behind: have it run, unless it is running for news of before.
function tell(state) {
  const behind = state.newest > state.data.version;
  if (!behind || state.closed || state.asked !== null) return;
  state.asked = state.data.version;
  state.setTriggerValue("news", state.newest);
  // When the server has just come back, its connection to the page may come back later.
  state.late = setTimeout(() => {
    state.asked = null;
    tell(state);
  }, PATIENCE);
}

function take(state, news) {
  if (news === null) return;
  if (news.gone) {
    state.ended = true;
    state.newest = Math.max(state.newest, state.data.version + 1);
  } else {
    state.newest = Math.max(state.newest, news.version);
    say(state, news);
  }
  tell(state);
}

// A page nobody sees asks nothing, and catches up when it is looked at again.
async function ask(state) {
  if (document.hidden || state.closed || state.ended) return;
  if (!state.said.isConnected) return schedule(state, 1000);
  const url = new URL(`api/rooms/${encodeURIComponent(state.data.code)}/news`, document.baseURI);
  url.searchParams.set("after", Math.max(state.newest, state.data.version));
  url.searchParams.set("scope", state.data.scope);
  url.searchParams.set("wait", state.data.wait);
  const question = new AbortController();
  state.question = question;
  // A connection that died without a word (a laptop that slept) must not be waited for.
  const late = setTimeout(() => question.abort(), 1000 * (state.data.wait + 10));
  let pause = 0;
  try {
    const answer = await fetch(url, { cache: "no-store", signal: question.signal });
    if ([400, 404, 410].includes(answer.status)) state.ended = true; // asking again gives the same
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const body = await answer.json();
    if (state.question !== question) return;
    state.failures = 0;
    pause = 1000 * body.pause;
    take(state, body.news);
  } catch {
    if (state.question !== question) return; // given up on purpose; another is under way
    state.failures += 1;
    pause = backOff(state.failures);
  } finally {
    clearTimeout(late);
  }
  state.question = null;
  schedule(state, pause);
}

function askAgain(state) {
  letGo(state);
  schedule(state, 0);
}

function mount(parentElement) {
  const state = {
    said: parentElement.querySelector(".fl-pulse"),
    newest: 0, asked: null, late: null, timer: null, question: null, failures: 0,
    closed: false, ended: false, data: null,
  };
  state.onSeen = () => (document.hidden ? letGo(state) : askAgain(state));
  state.onOnline = () => askAgain(state);
  document.addEventListener("visibilitychange", state.onSeen);
  window.addEventListener("online", state.onOnline);
  pulses.set(parentElement, state);
  return state;
}

export default function ({ data, parentElement, setTriggerValue }) {
  const state = pulses.get(parentElement) ?? mount(parentElement);
  const before = state.data;
  Object.assign(state, { data, setTriggerValue });
  const other = before && (before.code !== data.code || before.scope !== data.scope);
  if (other) Object.assign(state, { newest: 0, ended: false });
  // Drawn anew: what was asked for came, and what came meanwhile may be asked for.
  if (other || data.version > (state.asked ?? Infinity)) {
    clearTimeout(state.late);
    state.asked = null;
  }
  if (data.version >= state.newest) say(state, data);
  tell(state);
  if (!before || other) askAgain(state);
  return () => {
    state.closed = true;
    clearTimeout(state.late);
    letGo(state);
    document.removeEventListener("visibilitychange", state.onSeen);
    window.removeEventListener("online", state.onOnline);
    pulses.delete(parentElement);
  };
}
