// The maps of page frames: a card for each allocator, of which only what changed is drawn again.
const cards = new Map();
const states = new Map([..."0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefgh"].map((letter, state) => [letter.charCodeAt(0), state]));
let ramp = [];

/** The colour of each state: free, control, and 42 steps of fullness. */
function makeRamp() {
  const number = text => [1, 3, 5].map(start => parseInt(text.slice(start, start + 2), 16));
  const stops = ["s0", "s1", "s2", "s3"].map(name => number(theme(name)));
  ramp = [theme("free"), theme("control")];
  for (let step = 0; step < 42; step += 1) {
    const place = step / 41 * 3, first = Math.min(2, Math.floor(place)), part = place - first;
    const mixed = stops[first].map((value, index) => Math.round(value + (stops[first + 1][index] - value) * part));
    ramp.push(`rgb(${mixed.join()})`);
  }
  const canvas = element("ramp"), drawing = canvas.getContext("2d");
  for (let step = 0; step < 42; step += 1) {
    drawing.fillStyle = ramp[step + 2];
    drawing.fillRect(step * 4, 0, 4, 12);
  }
}

/** Makes the cards anew: for another trace, other allocators, or another width. */
function layMaps(trace, shown) {
  makeRamp();
  element("maps").replaceChildren();
  cards.clear();
  const frames = Math.max(1, ...fair(shown).map(allocator => allocator.frames));
  for (const allocator of shown) {
    const card = node("article", "", element("maps"));
    card.className = "map";
    const head = node("h3", "", card), name = node("b", "", head);
    node("i", "", name).style.background = tone(allocator.name);
    name.append(allocator.name);
    const canvas = node("canvas", "", card);
    cards.set(allocator, { canvas, count: node("span", "", head), text: node("p", "", card), drawn: "" });
  }
  for (const [allocator, card] of cards) {
    const width = card.canvas.clientWidth;
    let cell = 22;
    while (cell > 3 && Math.ceil(frames / Math.floor(width / cell)) * cell > 250) cell -= 1;
    const columns = Math.max(1, Math.floor(width / cell));
    const rows = Math.ceil(frames / columns);
    card.canvas.style.height = rows * cell + "px";
    Object.assign(card, { cell, columns, places: rows * columns });
    card.drawing = context(card.canvas).drawing;
    card.drawn = "";
  }
}

function drawMaps(trace) {
  const sample = trace.moments[state.moment];
  for (const [allocator, card] of cards) {
    const last = Math.min(sample, allocator.pages.length - 1);
    const map = allocator.maps[Math.min(state.moment, allocator.maps.length - 1)];
    const gap = card.cell > 4 ? 1 : .5;
    for (let frame = 0; frame < card.places; frame += 1) {
      const before = frame < card.drawn.length ? card.drawn.charCodeAt(frame) : card.drawn ? 48 : -1;
      const now = frame < map.length ? map.charCodeAt(frame) : 48;
      if (before === now) continue;
      card.drawing.fillStyle = ramp[states.get(now)];
      card.drawing.fillRect(
        frame % card.columns * card.cell, Math.floor(frame / card.columns) * card.cell, card.cell - gap, card.cell - gap);
    }
    card.drawn = map || "0";
    const allocated = allocator.pages[last] * trace.pageSize, used = live(trace, allocator)[last];
    card.count.textContent = say("{} pages", group(allocator.pages[last]));
    let hidden = 0;
    for (let frame = card.places; frame < map.length; frame += 1) hidden += map[frame] !== "0";
    card.text.textContent = !allocator.passed && sample >= allocator.failedSample
      ? say("failed at {}", allocator.failure)
      : allocated === 0 ? say("nothing is in use")
      : say("{} % full · {} wasted", (used / allocated * 100).toFixed(1), bytes(allocated - used))
        + (hidden ? say(" · {} pages more than fit here", group(hidden)) : "");
  }
}
