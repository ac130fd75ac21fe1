# SPDX-License-Identifier: MIT
"""What is painted on a page's canvases, and the colours that its legends have."""

import re


def colours(browser, canvas, points):
    """The colours of points of a canvas, in the page's pixels: "r,g,b", or "" where nothing is painted."""
    return browser.js("""
      const [canvas, points] = arguments;
      const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
      copy.drawImage(canvas, 0, 0);
      const image = copy.getImageData(0, 0, canvas.width, canvas.height).data;
      return points.map(([x, y]) => {
        const at = (Math.floor(y) * canvas.width + Math.floor(x)) * 4;
        return image[at + 3] ? [image[at], image[at + 1], image[at + 2]].join() : "";
      });""", canvas, points)


def squares(browser, canvas):
    """The colours of a map's squares, row by row, as they are seen: gaps between them are not painted."""
    return browser.js("""
      const canvas = arguments[0], { width, height } = canvas;
      const copy = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
      copy.drawImage(canvas, 0, 0);
      const image = copy.getImageData(0, 0, width, height).data, at = (x, y) => (y * width + x) * 4;
      const runs = (length, isPainted) => {
        const middles = [];
        for (let place = 0, start = -1; place <= length; place += 1) {
          const painted = place < length && isPainted(place);
          if (painted && start < 0) start = place;
          if (!painted && start >= 0) { middles.push(Math.floor((start + place) / 2)); start = -1; }
        }
        return middles;
      };
      const across = runs(width, x => image[at(x, 1) + 3]), down = runs(height, y => image[at(1, y) + 3]);
      return down.flatMap(y => across.map(x => [...image.slice(at(x, y), at(x, y) + 3)].join()));""", canvas)


def triple(style):
    """ "rgb(1, 2, 3)" or "#010203" as "1,2,3"."""
    if style.startswith("#"):
        return ",".join(str(int(style[at:at + 2], 16)) for at in (1, 3, 5))
    numbers = re.findall(r"[\d.]+", style)
    return ",".join(numbers[:3]) if len(numbers) < 4 or float(numbers[3]) > 0 else ""


def distance(one, other):
    pairs = zip(one.split(","), other.split(","))
    return sum((int(a) - int(b)) ** 2 for a, b in pairs) ** .5


def contrast(one, other):
    """The contrast of two colours, as WCAG computes it."""
    def light(colour):
        red, green, blue = (v / 12.92 if v <= .04045 else ((v + .055) / 1.055) ** 2.4
                            for v in (int(part) / 255 for part in colour.split(",")))
        return .2126 * red + .7152 * green + .0722 * blue
    first, second = sorted([light(one), light(other)])
    return (second + .05) / (first + .05)
