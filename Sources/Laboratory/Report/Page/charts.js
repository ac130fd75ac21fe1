// The charts of the trace that is chosen.
const wide = allocator => allocator.name === "near-best-fit" ? 2.8 : 1.6;
const live = (trace, allocator) => allocator.live || trace.live;

/**
 * The allocators that decide a scale: those that failed, and the one that wastes by design, would make
 * dust of the rest.
 */
function fair(shown) {
  const some = shown.filter(allocator => allocator.passed && allocator.name !== "dummy");
  return some.length ? some : shown;
}

function overEvents(canvas, trace, shown, value, area) {
  const events = trace.samples[trace.samples.length - 1] || 1;
  let most = 1;
  for (const allocator of fair(shown)) {
    for (let index = 0; index < allocator.pages.length; index += 1) {
      most = Math.max(most, value(allocator, index));
    }
  }
  if (area) most = Math.max(most, ...trace.live);
  const x = { ...linear(events), ticks: ticks(events, 8), label: group, title: say("events") };
  const y = { ...linear(most * 1.04), ticks: ticks(most, 5, 2), label: bytes, title: say("bytes") };
  chart(canvas, x, y, (drawing, px, py, frame) => {
    const points = series => series.map((value, index) => [px(trace.samples[index]), py(value)]);
    if (area) line(drawing, points(trace.live), theme("area"), { floor: frame.bottom });
    drawing.save();
    drawing.beginPath();
    drawing.rect(frame.left, frame.top - 2, frame.right - frame.left, frame.bottom - frame.top + 4);
    drawing.clip();
    for (const allocator of shown) {
      const values = allocator.pages.map((_, index) => value(allocator, index));
      line(drawing, points(values), tone(allocator.name), { wide: wide(allocator) });
    }
    drawing.restore();
    const now = Math.round(px(trace.samples[trace.moments[state.moment]])) + .5;
    line(drawing, [[now, frame.top], [now, frame.bottom]], theme("ink"), { wide: 1, dash: [3, 3] });
  });
}

function drawOutput(trace, shown) {
  overEvents(element("output"), trace, shown, (allocator, index) => allocator.pages[index] * trace.pageSize, true);
}

function drawWaste(trace, shown) {
  overEvents(element("waste"), trace, shown,
    (allocator, index) => allocator.pages[index] * trace.pageSize - live(trace, allocator)[index], false);
}

/** Penalty across, time of an operation upwards on a logarithmic scale. */
function drawBoth(trace, shown) {
  const finished = shown.filter(allocator => allocator.passed && allocator.nanosecondsPerOperation > 0);
  if (!finished.length) { context(element("both")); return; }
  const most = Math.max(...finished.map(allocator => allocator.penalty)) * 1.12;
  const y = logarithmic(finished.map(allocator => allocator.nanosecondsPerOperation), say("time of an operation"));
  const x = { ...linear(most), ticks: ticks(most, 8), label: short, title: say("penalty") };
  chart(element("both"), x, y, (drawing, px, py, frame) => {
    const taken = [];
    drawing.textBaseline = "middle";
    for (const allocator of finished) {
      const place = [px(allocator.penalty), py(allocator.nanosecondsPerOperation)];
      drawing.beginPath();
      drawing.arc(...place, allocator.name === "near-best-fit" ? 7 : 5, 0, 7);
      drawing.fillStyle = tone(allocator.name);
      drawing.fill();
      taken.push({ left: place[0] - 6, right: place[0] + 6, middle: place[1] });
    }
    for (const allocator of finished) {
      const text = allocator.name, width = drawing.measureText(text).width;
      const [cx, cy] = [px(allocator.penalty), py(allocator.nanosecondsPerOperation)];
      const free = (left, middle) => left > frame.left && left + width < frame.right && !taken.some(
        box => left < box.right && left + width > box.left && Math.abs(middle - box.middle) < 13);
      // Right of its dot, else left, else above or below it, further and further.
      let spot = [cx + 11, cy];
      search: for (let shift = 0; shift <= 64; shift += 4) {
        for (const middle of [cy - shift, cy + shift]) {
          for (const left of [cx + 11, cx - 11 - width]) {
            if (free(left, middle)) { spot = [left, middle]; break search; }
          }
        }
      }
      taken.push({ left: spot[0], right: spot[0] + width, middle: spot[1] });
      drawing.textAlign = "left";
      drawing.fillStyle = theme("ink");
      drawing.fillText(text, ...spot);
    }
  });
}

/** A logarithmic axis of times, in 1, 2 and 5 where there are few decades. */
function logarithmic(values, title) {
  const low = Math.log10(Math.max(1, Math.min(...values)) * .8), high = Math.log10(Math.max(...values) * 1.25);
  const list = [];
  for (let decade = Math.floor(low); decade <= high; decade += 1) {
    for (const factor of high - low < 2.5 ? [1, 2, 5] : [1]) {
      const tick = Math.log10(factor) + decade;
      if (tick >= low && tick <= high) list.push(10 ** tick);
    }
  }
  return {
    place: value => Math.min(1, Math.max(0, (Math.log10(Math.max(value, .1)) - low) / (high - low))),
    ticks: list, label: time, title
  };
}

/** Latency at each percentile: the axis gives every further nine as much room as the last. */
function drawLatency(trace, shown, kind) {
  const measured = shown.filter(allocator => allocator[kind + "Distribution"].length);
  const canvas = element(kind);
  if (!measured.length) { context(canvas); return; }
  const count = Math.max(...measured.map(allocator => allocator[kind + "Count"]));
  const nines = Math.max(1, Math.min(6, Math.log10(Math.max(count, 10))));
  const steps = data.percentiles.filter(percentile => -Math.log10(1 - percentile / 100) <= nines + .001);
  const x = {
    place: percentile => -Math.log10(1 - percentile / 100) / nines,
    ticks: [0, 50, 90, 99, 99.9, 99.99, 99.999, 99.9999].filter(tick => -Math.log10(1 - tick / 100) <= nines),
    label: tick => tick + " %", title: say("percentile")
  };
  const values = measured.flatMap(allocator => allocator[kind + "Distribution"].slice(0, steps.length));
  chart(canvas, x, logarithmic(values.concat(trace.clockNanoseconds || 1), say("latency")), (drawing, px, py, frame) => {
    const clock = py(trace.clockNanoseconds);
    line(drawing, [[frame.left, clock], [frame.right, clock]], theme("quiet"), { wide: 1, dash: [2, 4] });
    drawing.fillStyle = theme("quiet");
    drawing.textAlign = "right";
    drawing.textBaseline = "bottom";
    drawing.fillText(say("the clock alone"), frame.right, clock - 2);
    for (const allocator of measured) {
      const latencies = allocator[kind + "Distribution"];
      line(drawing, steps.map((percentile, index) => [px(percentile), py(latencies[index])]),
        tone(allocator.name), { wide: wide(allocator) });
    }
  });
}
