// A machine's page frames over the moments of a script.
const moments = data.moments, last = moments.length - 1;
const momentCount = () => moments.length;
const state = { moment: 0, playing: false };
const kinds = [
  ["allocated", "control"], ["page cache", "first-fit"], ["anonymous", "buddy"], ["slab", "power-of-two"],
  ["vmalloc", "lazy-buddy"], ["kernel stack", "best-fit"], ["page table", "dummy"], ["allocator", "other"],
  ["kmalloc", "mckusick-karels"], ["page cache, dirty", "worst-fit"],
];
let colours = [];

/** The colour of an order's free blocks: small ones stand out, large ones are calm. */
function tint(order) {
  const number = text => [1, 3, 5].map(start => parseInt(text.slice(start, start + 2), 16));
  const stops = ["s0", "s1", "s2"].map(name => number(theme(name)));
  const place = order / 10 * 2, first = Math.min(1, Math.floor(place)), part = place - first;
  return `rgb(${stops[first].map((value, index) => Math.round(value + (stops[first + 1][index] - value) * part)).join()})`;
}

function makeColours() {
  colours = ["transparent", theme("free")];
  for (let order = 0; order <= 10; order += 1) colours.push(tint(order));
  colours.push(theme("accent"));
  for (const [, name] of kinds) colours.push(theme(name));
  const legend = element("legend");
  legend.replaceChildren();
  const seen = new Set(moments.flatMap(moment => [...moment.map.matchAll(/[A-X]/g)].map(match => match[0].charCodeAt(0) - 65)));
  const entry = (number, text, parent = legend) => {
    const span = node("span", "", parent), swatch = node("i", "", span);
    span.dataset.state = number;
    swatch.className = "swatch";
    swatch.style.background = colours[number];
    if (number === 0) swatch.style.border = "1px solid var(--free)";
    span.append(text);
  };
  const seenEntry = (number, text) => { if (seen.has(number)) entry(number, text); };
  seenEntry(0, say("no RAM"));
  seenEntry(1, say("free, never handed out"));
  // The charts below draw all orders, those too that the map never shows.
  const orders = node("span", say("free, order"), legend);
  orders.className = "orders";
  for (let order = 0; order <= 10; order += 1) entry(2 + order, String(order), orders);
  seenEntry(13, say("free, in a per-CPU cache"));
  kinds.forEach(([text], index) => seenEntry(14 + index, say(text)));
}

function drawMap() {
  const canvas = element("map"), width = canvas.clientWidth;
  // Rows of a power of two, so that buddies stand where they should.
  const fitting = cell => 2 ** Math.max(0, Math.floor(Math.log2(width / cell)));
  let cell = 16;
  while (cell > 2 && Math.ceil(data.cells / fitting(cell)) * cell > 480) cell -= 1;
  const columns = fitting(cell);
  canvas.style.height = Math.ceil(data.cells / columns) * cell + "px";
  const { drawing } = context(canvas);
  const gap = cell > 4 ? 1 : cell > 2 ? .5 : 0;
  let place = 0;
  for (const [, letter, count] of moments[state.moment].map.matchAll(/([A-X])(\d+)/g)) {
    drawing.fillStyle = colours[letter.charCodeAt(0) - 65];
    for (const end = place + Number(count); place < end; place += 1) {
      drawing.fillRect(place % columns * cell, Math.floor(place / columns) * cell, cell - gap, cell - gap);
    }
  }
}

const across = () => ({ ...linear(Math.max(1, last)), ticks: ticks(Math.max(1, last), 6).filter(Number.isInteger), label: group, title: say("moments") });
const ordinals = Array.from({ length: 11 }, (_, order) => order);

function marker(drawing, px, frame) {
  const now = Math.round(px(state.moment)) + .5;
  line(drawing, [[now, frame.top], [now, frame.bottom]], theme("ink"), { wide: 1, dash: [3, 3] });
}

function drawFree() {
  const sums = moments.map(moment => {
    let sum = 0;
    return moment.blocks.map((count, order) => sum += count * 4096 * 2 ** order);
  });
  const most = Math.max(1, ...sums.map(sum => sum[10]));
  const y = { ...linear(most * 1.04), ticks: ticks(most, 5, 2), label: bytes, title: say("free") };
  chart(element("free"), across(), y, (drawing, px, py, frame) => {
    for (const order of [...ordinals].reverse()) {
      line(drawing, sums.map((sum, index) => [px(index), py(sum[order])]), tint(order), { floor: frame.bottom });
    }
    marker(drawing, px, frame);
  });
}

function drawIndex() {
  const y = { ...linear(1.04), ticks: [0, .25, .5, .75, 1], label: tick => tick * 100 + " %", title: say("unusable") };
  chart(element("index"), across(), y, (drawing, px, py, frame) => {
    for (const order of ordinals.slice(1)) {
      line(drawing, moments.map((moment, index) => [px(index), py(moment.unusable[order])]), tint(order), { wide: 2 });
    }
    marker(drawing, px, frame);
  });
}

function showMoment() {
  state.moment = Math.max(0, Math.min(state.moment, last));
  const moment = moments[state.moment], slider = element("slider");
  slider.value = state.moment;
  element("moment").textContent = say(
    moment.line ? "tick {} · line {}" : "tick {} · boot", group(moment.tick), moment.line);
  slider.setAttribute("aria-valuetext", element("moment").textContent);
  element("statement").textContent = (moment.statement || say("boot"))
    + (moment.reclaiming ? say("   (kswapd is awake)") : "");
  const table = element("zones");
  table.replaceChildren();
  const head = node("tr", "", node("thead", "", table)), body = node("tbody", "", table);
  for (const text of ["", "free", "min", "low", "high", "managed"]) node("th", say(text), head);
  moment.zones.forEach(zone => {
    const row = node("tr", "", body);
    node("th", say("node {}, {}", zone.node, zone.type), row).scope = "row";
    for (const key of ["free", "min", "low", "high", "managed"]) {
      node("td", group(zone[key]), row);
    }
  });
  drawMap();
  drawFree();
  drawIndex();
}

element("slider").max = last;
for (const id of ["free", "index"]) dragMoments(id, share => Math.round(share * last));
onChange(showMoment, makeColours);
element("setting").textContent = say(
  data.nodes === 1 ? "{}, {} MiB of RAM, {} node, " : "{}, {} MiB of RAM, {} nodes, ",
  data.architecture, data.mebibytes, data.nodes)
  + say(data.processors === 1 ? "{} processor" : "{} processors", data.processors);
element("map-hint").textContent = say(
  data.framesPerCell === 1
    ? "Each square is a page frame, in the order of addresses. Press play, or drag."
    : "Each square is {} page frames, shown as most of them are, in the order of addresses. Press play, or drag.",
  group(data.framesPerCell));
// #moment=0.5 opens the page so.
// A machine at boot is blank; in the midst of its script there is something to see.
state.moment = Math.round((wished("moment", 1) ?? .6) * last);
setPlaying(false);
makeColours();
showMoment();
