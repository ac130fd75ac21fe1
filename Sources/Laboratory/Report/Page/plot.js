// Axes and lines on a canvas that follows the page's width, the screen's density and its theme.
const theme = name => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
const tone = name => theme(name) || theme("other");
const short = value => String(+value.toPrecision(3));

function bytes(value) {
  const units = ["B", "KiB", "MiB", "GiB"];
  let unit = 0;
  while (Math.abs(value) >= 1024 && unit < 3) { value /= 1024; unit += 1; }
  return short(value) + " " + units[unit];
}

function time(ns) {
  if (ns < 1000) return short(ns) + " ns";
  if (ns < 1e6) return short(ns / 1e3) + " µs";
  if (ns < 1e9) return short(ns / 1e6) + " ms";
  return short(ns / 1e9) + " s";
}

/** An axis from 0 to `most`. */
const linear = most => ({ place: value => value / most });

/** Round values up to `most`, about `count` of them; `base` is 2 for bytes. */
function ticks(most, count, base) {
  const rough = most / count;
  let step = base === 2 ? 2 ** Math.max(0, Math.round(Math.log2(rough))) : 10 ** Math.floor(Math.log10(rough));
  if (base !== 2) step *= [1, 2, 2.5, 5, 10].find(factor => step * factor >= rough);
  const list = [];
  for (let value = 0; value <= most * 1.000001; value += step) list.push(value);
  return list;
}

/** The canvas's context, as large as it is shown, and empty. */
function context(canvas) {
  const scale = window.devicePixelRatio || 1;
  const width = canvas.clientWidth, height = canvas.clientHeight;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const drawing = canvas.getContext("2d");
  drawing.setTransform(scale, 0, 0, scale, 0, 0);
  drawing.font = "12px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif";
  return { drawing, width, height };
}

/**
 * Draws axes, then what `draw` does with the places of values. An axis has `place` (a value to 0…1),
 * `ticks`, `label` and `title`.
 */
function chart(canvas, x, y, draw) {
  const { drawing, width, height } = context(canvas);
  const frame = { left: 68, right: 30, top: 24, bottom: 40 };
  const across = width - frame.left - frame.right, down = height - frame.top - frame.bottom;
  const px = value => frame.left + x.place(value) * across;
  const py = value => frame.top + (1 - y.place(value)) * down;
  drawing.lineWidth = 1;
  drawing.strokeStyle = theme("rule");
  drawing.fillStyle = theme("quiet");
  drawing.textBaseline = "middle";
  drawing.textAlign = "right";
  for (const tick of y.ticks) {
    const place = Math.round(py(tick)) + .5;
    drawing.beginPath();
    drawing.moveTo(frame.left, place);
    drawing.lineTo(width - frame.right, place);
    drawing.stroke();
    drawing.fillText(y.label(tick), frame.left - 8, place);
  }
  drawing.textBaseline = "top";
  drawing.textAlign = "center";
  let end = -Infinity;
  for (const tick of x.ticks) {
    const place = Math.round(px(tick)) + .5;
    drawing.beginPath();
    drawing.moveTo(place, height - frame.bottom);
    drawing.lineTo(place, height - frame.bottom + 5);
    drawing.stroke();
    const text = x.label(tick), half = drawing.measureText(text).width / 2;
    if (place - half < end) continue;
    drawing.fillText(text, place, height - frame.bottom + 8);
    end = place + half + 8;
  }
  drawing.textAlign = "right";
  drawing.fillText(x.title, width - frame.right, height - 13);
  drawing.textAlign = "left";
  drawing.fillText(y.title, 4, 2);
  draw(drawing, px, py, { left: frame.left, right: width - frame.right, top: frame.top, bottom: height - frame.bottom });
}

/** Joins points; with `floor` the area below is filled too. */
function line(drawing, points, colour, { wide = 1.6, floor = null, dash = [] } = {}) {
  drawing.beginPath();
  points.forEach(([x, y], index) => index ? drawing.lineTo(x, y) : drawing.moveTo(x, y));
  if (floor !== null) {
    drawing.lineTo(points[points.length - 1][0], floor);
    drawing.lineTo(points[0][0], floor);
    drawing.closePath();
    drawing.fillStyle = colour;
    drawing.fill();
    return;
  }
  drawing.strokeStyle = colour;
  drawing.lineWidth = wide;
  drawing.lineJoin = "round";
  drawing.setLineDash(dash);
  drawing.stroke();
  drawing.setLineDash([]);
}
