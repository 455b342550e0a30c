// Counts down in the browser. The server says when the phase ends and what its clock says now; the
// difference to this device's clock is remembered, so that a wrong clock does not matter. A word
// that was long under way makes the server seem slow, never fast: the largest difference counts,
// unless the device's own clock was set meanwhile.
const clocks = new WeakMap();
const JUMP = 5;

const now = () => Date.now() / 1000;

function learn(state, data) {
  if (state.heard === data.now) return;
  state.heard = data.now;
  const skew = data.now - now();
  if (state.skew === null || Math.abs(skew - state.skew) > JUMP) state.skew = skew;
  else state.skew = Math.max(state.skew, skew);
}

function clockTime(seconds) {
  const whole = Math.ceil(seconds);
  const [m, s] = [Math.floor(whole / 60), whole % 60];
  return `${m}:${String(s).padStart(2, "0")}`;
}

function show(state) {
  const { data } = state;
  const timed = data.ends !== null && data.ends !== undefined;
  const left = timed ? data.ends - (now() + state.skew) : null;
  const text = !timed ? data.words.none : left > 0 ? clockTime(left) : data.words.over;
  if (state.time.textContent !== text) state.time.textContent = text;
  state.left.textContent = timed && left > 0 ? data.words.left : "";
  state.root.classList.toggle("fl-clock-untimed", !timed);
  state.root.classList.toggle("fl-clock-soon", timed && left <= 60);
  state.root.classList.toggle("fl-clock-over", timed && left <= 0);
  state.track.hidden = !timed;
  const share = timed && data.seconds ? Math.max(0, Math.min(1, left / data.seconds)) : 0;
  state.bar.style.width = `${100 * share}%`;
  // Said once each, not every second.
  const said = !timed ? "" : left <= 0 ? data.words.over : left <= 60 ? data.words.minute : "";
  if (state.aloud.textContent !== said) state.aloud.textContent = said;
}

function mountClock(parent) {
  const find = (name) => parent.querySelector(`.fl-clock-${name}`);
  const state = {
    root: find("root"), title: find("title"), time: find("time"), left: find("left"),
    track: find("track"), bar: find("bar"), aloud: find("aloud"), skew: null, heard: null,
  };
  state.timer = setInterval(() => state.data && show(state), 250);
  clocks.set(parent, state);
  return state;
}

export default function ({ data, parentElement }) {
  const state = clocks.get(parentElement) ?? mountClock(parentElement);
  state.data = data;
  learn(state, data);
  state.title.textContent = data.title;
  state.time.setAttribute("aria-label", data.words.aria);
  show(state);
  return () => {
    clearInterval(state.timer);
    clocks.delete(parentElement);
  };
}
