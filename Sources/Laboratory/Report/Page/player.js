// What the pages have in common: their parts, their data, and the player that goes through the moments.
// A page has a `state`, `momentCount()`, and `showMoment()`.
const element = id => document.getElementById(id);
const data = JSON.parse(element("data").textContent);

const node = (name, content = "", parent = null) => {
  const made = document.createElement(name);
  made.textContent = content;
  if (parent) parent.append(made);
  return made;
};

/** What the address wishes by name, from 0 to `most`, or null: #moment=0.5. */
function wished(name, most) {
  const text = new URLSearchParams(location.hash.slice(1)).get(name);
  return text === null ? null : Math.max(0, Math.min(Number(text) || 0, most));
}

/** Draws again when the page's width changes, and, with its colours made anew, when its theme does. */
function onChange(draw, recolour) {
  let waiting = 0;
  addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(draw, 100); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { recolour(); draw(); });
}

/** Plays the moments from the present one on, or stops. All of them take 12 seconds. */
function setPlaying(playing) {
  state.playing = playing;
  const button = element("play");
  button.textContent = say(playing ? "❚❚ Pause" : "▶ Play");
  button.setAttribute("aria-pressed", playing);
  if (!playing) return;
  const count = momentCount();
  if (state.moment >= count - 1) { state.moment = 0; showMoment(); }
  const begin = performance.now() - state.moment / count * 12000;
  const step = now => {
    if (!state.playing) return;
    const moment = Math.floor((now - begin) / 12000 * count);
    if (moment !== state.moment) { state.moment = moment; showMoment(); }
    if (state.moment >= count - 1) setPlaying(false);
    else requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
}

/** Has a chart choose the moment that is pointed at; `choose` makes it of the place on the axis, 0 to 1. */
function dragMoments(id, choose) {
  const move = event => {
    if (event.type === "pointermove" && !event.buttons) return;
    const box = event.target.getBoundingClientRect();
    setPlaying(false);
    state.moment = choose((event.clientX - box.left - 68) / (box.width - 68 - 30));
    showMoment();
  };
  element(id).onpointerdown = move;
  element(id).onpointermove = move;
}

element("play").onclick = () => setPlaying(!state.playing);
element("slider").oninput = event => {
  setPlaying(false);
  state.moment = Number(event.target.value);
  showMoment();
};
