# SPDX-License-Identifier: MIT
"""The page of `tamalloc lab machine`: what it shows is what its data say."""

import re

import pixels

# What a map's letters stand for, in the words of the legend.
STATES = (["no RAM", "free, never handed out"] + [f"free, order {order}" for order in range(11)]
          + ["free, in a per-CPU cache", "allocated", "page cache", "anonymous", "slab", "vmalloc", "kernel stack",
             "page table", "allocator", "kmalloc", "page cache, dirty"])


def states(run_lengths):
    cells = []
    for letter, count in re.findall(r"([A-X])(\d+)", run_lengths):
        cells += [ord(letter) - ord("A")] * int(count)
    return cells


def legend(browser):
    """The colour behind each of the legend's texts."""
    entries = browser.js("""return [...document.querySelectorAll("#legend [data-state]")].map(entry => [
      Number(entry.dataset.state), entry.innerText,
      getComputedStyle(entry.querySelector(".swatch")).backgroundColor])""")
    for _, text, colour in entries:
        browser.check(text, f"the legend says nothing of {colour}")
    return {state: pixels.triple(colour) for state, _, colour in entries}


def middles(browser, canvas, count):
    """The middles of the map's cells. Rows have a power of two of them, so that buddies stand side by side."""
    width, height = browser.js("return [arguments[0].width, arguments[0].height]", canvas)
    for power in range(12, -1, -1):
        columns = 2 ** power
        cell = height // -(-count // columns)
        if cell >= 1 and cell * -(-count // columns) == height and columns * cell <= width < 2 * columns * cell:
            return [[place % columns * cell + (cell - 1) / 2, place // columns * cell + (cell - 1) / 2]
                    for place in range(count)]
    browser.check(False, f"{count} cells do not fill a canvas of {width} × {height}")
    return []


def moment(browser, data, number, colours):
    check, figures = browser.check, data["moments"][number]
    said = browser.find("#moment")[0].text
    check(str(figures["line"]) in said or not figures["line"], f"moment {number} says '{said}'")
    check(figures["statement"] in browser.find("#statement")[0].text, f"moment {number} is another statement")
    rows = [[cell.text.replace(",", "").replace("\u202f", "") for cell in row.find_elements("css selector", "td")]
            for row in browser.find("#zones tbody tr")]
    wanted = [[str(zone[key]) for key in ["free", "min", "low", "high", "managed"]] for zone in figures["zones"]]
    check(rows == wanted, f"moment {number}: the zones are {rows}, not {wanted}")
    canvas = browser.find("#map")[0]
    cells = states(figures["map"])
    check(len(cells) == data["cells"], f"{len(cells)} cells")
    seen = pixels.colours(browser, canvas, middles(browser, canvas, len(cells)))
    wrong = [place for place, pair in enumerate(zip(seen, cells)) if pair[0] != colours.get(pair[1])]
    check(seen and not wrong,
          f"moment {number}: {len(wrong)} of {len(seen)} squares, first "
          + str([(place, STATES[cells[place]], seen[place], colours.get(cells[place])) for place in wrong[:2]]))


def test(browser, data):
    colours = legend(browser)
    shown = {state for moment in data["moments"] for state in states(moment["map"])}
    # The charts draw every order, whether or not the map ever shows a block of it.
    for state in sorted(shown | set(range(2, 13))):
        browser.check(state in colours, f"the legend does not name '{STATES[state]}'")
    for one in colours:
        for other in colours:
            if one < other and colours[one] and colours[other]:
                apart = pixels.distance(colours[one], colours[other])
                browser.check(apart >= 15, f"{STATES[one]} and {STATES[other]} look the same: {colours[one]}")
    last = len(data["moments"]) - 1
    browser.check(int(browser.find("#slider")[0].get_attribute("max")) == last, "the slider's length")
    for number in sorted({0, last // 3, last // 2, last}):
        browser.player().go(number)
        moment(browser, data, number, colours)
