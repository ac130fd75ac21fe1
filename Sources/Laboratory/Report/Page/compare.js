// What is chosen, and the parts of the page that show it.
for (const trace of data.traces) {
  Object.assign(trace, trace.record);
  trace.allocators.forEach((allocator, index) => Object.assign(allocator, trace.histories[index]));
}
const metrics = [
  { name: say("penalty"), hint: say("The mean of (bytes of pages in use − bytes requested) / bytes requested. Less is better."), value: a => a.penalty, text: short },
  { name: say("ns per operation"), hint: say("Processor time of a run without a clock in it, over its operations. Less is better."), value: a => a.nanosecondsPerOperation, text: v => v.toFixed(1) },
  { name: say("score"), hint: say("Process time in seconds × (1 + penalty). Less is better."), value: a => a.score, text: short },
  { name: say("process time"), hint: say("To start, read the trace, set up the pages and replay once. Less is better."), value: a => a.seconds, text: v => time(v * 1e9) },
  { name: say("utilisation"), hint: say("Bytes requested over bytes of pages in use, over all events. More is better."), value: a => -a.utilisation, text: v => (-v * 100).toFixed(1) + " %" },
  { name: say("peak pages"), hint: say("The most pages in use at one time. Less is better."), value: a => a.pagesPeak, text: group },
];
const state = { metric: 0, trace: data.traces.length - 1, moment: 0, hidden: new Set(), playing: false };
const base = path => path.split("/").pop();

function buttons(parent, names, chosen, choose) {
  parent.replaceChildren();
  names.forEach((name, index) => {
    const button = node("button", name, parent);
    button.type = "button";
    button.setAttribute("aria-pressed", index === chosen);
    button.onclick = () => choose(index);
  });
}

function showBoard() {
  const metric = metrics[state.metric];
  buttons(element("metrics"), metrics.map(m => m.name), state.metric, index => { state.metric = index; showBoard(); });
  element("metric-hint").textContent = metric.hint;
  const table = element("board");
  table.replaceChildren();
  const head = node("tr", "", node("thead", "", table)), body = node("tbody", "", table);
  node("th", "", head);
  for (const trace of data.traces) node("th", base(trace.trace), head);
  const value = (trace, name) => {
    const found = trace.allocators.find(allocator => allocator.name === name);
    const value = found && found.passed ? metric.value(found) : null;
    return Number.isFinite(value) ? value : null;
  };
  const best = data.traces.map(trace => Math.min(
    ...trace.allocators.map(allocator => value(trace, allocator.name)).filter(v => v !== null)));
  for (const name of data.traces[0].allocators.map(allocator => allocator.name)) {
    const row = node("tr", "", body), title = node("th", "", row);
    node("i", "", title).style.background = tone(name);
    title.append(name);
    title.scope = "row";
    data.traces.forEach((trace, index) => {
      const cell = node("td", "", row), found = value(trace, name);
      cell.textContent = found === null ? say("failed") : metric.text(found);
      cell.className = found === null ? "failed" : found === best[index] ? "best" : "";
    });
  }
}

const chosenTrace = () => data.traces[state.trace];
const momentCount = () => chosenTrace().moments.length;
const shownAllocators = () => chosenTrace().allocators.filter(allocator => !state.hidden.has(allocator.name));

function showTrace() {
  const trace = chosenTrace();
  buttons(element("traces"), data.traces.map(t => base(t.trace)), state.trace, index => {
    state.trace = index;
    start();
  });
  const out = trace.leftOut;
  element("trace-hint").textContent = say("{} events, {} requested at most at one time", group(trace.events), bytes(Math.max(...trace.live)))
    + (out.requests ? say("; {} requests of other sizes were left out", group(out.requests)) : "")
    + (out.aboveOnePage ? say("; {} requests that no page holds got nothing", group(out.aboveOnePage)) : "");
  const chips = element("chips");
  chips.replaceChildren();
  for (const allocator of trace.allocators) {
    const chip = node("button", "", chips);
    chip.type = "button";
    chip.setAttribute("aria-pressed", !state.hidden.has(allocator.name));
    node("i", "", chip).style.borderColor = tone(allocator.name);
    chip.append(allocator.name);
    chip.onclick = () => {
      state.hidden.has(allocator.name) ? state.hidden.delete(allocator.name) : state.hidden.add(allocator.name);
      showTrace();
    };
  }
  const slider = element("slider");
  slider.max = trace.moments.length - 1;
  layMaps(trace, shownAllocators());
  drawBoth(trace, shownAllocators());
  element("latency-hint").textContent = say(
    "Of each operation by the clock on the wall, in a run of its own; reading the clock costs {} ns a pair, which is in the figures, as is what else the machine did.",
    trace.clockNanoseconds);
  for (const kind of ["allocate", "free"]) drawLatency(trace, shownAllocators(), kind);
  showMoment();
}

function showMoment() {
  const trace = chosenTrace(), shown = shownAllocators();
  state.moment = Math.max(0, Math.min(state.moment, trace.moments.length - 1));
  const slider = element("slider");
  slider.value = state.moment;
  const event = trace.samples[trace.moments[state.moment]];
  element("moment").textContent = say("event {} of {}", group(event), group(trace.events));
  slider.setAttribute("aria-valuetext", element("moment").textContent);
  drawMaps(trace);
  drawOutput(trace, shown);
  drawWaste(trace, shown);
}

/** Shows a trace at the moment when most is live. */
function start() {
  const trace = chosenTrace();
  const most = Math.max(...trace.live);
  state.moment = trace.moments.findIndex(sample => trace.live[sample] >= most * .97);
  showTrace();
}

for (const id of ["output", "waste"]) {
  dragMoments(id, share => {
    const trace = chosenTrace(), wanted = share * trace.samples[trace.samples.length - 1];
    const moment = trace.moments.findIndex(sample => trace.samples[sample] >= wanted);
    return moment < 0 ? trace.moments.length - 1 : moment;
  });
}
onChange(showTrace, showBoard);
const first = data.traces[0];
element("setting").textContent = say(
  data.traces.length > 1 ? "{} traces, up to {} pages of {}, " : "{} trace, up to {} pages of {}, ",
  data.traces.length, group(first.maxPages), bytes(first.pageSize))
  + say(first.checked ? "every block checked." : "blocks not checked.");
// #trace=1&moment=0.5&metric=2 opens the page so.
state.trace = wished("trace", data.traces.length - 1) ?? state.trace;
state.metric = wished("metric", metrics.length - 1) ?? state.metric;
setPlaying(false);
showBoard();
start();
if (wished("moment", 1) !== null) {
  state.moment = Math.round(wished("moment", 1) * (momentCount() - 1));
  showMoment();
}
