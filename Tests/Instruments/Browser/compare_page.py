# SPDX-License-Identifier: MIT
"""The page of `tamalloc lab compare`: what it shows is what its data say."""

import pixels

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefgh"


def digits(text):
    return int("".join(letter for letter in text if letter.isdigit()))


def legend(browser):
    """The colour of each state of a page frame: two swatches, then the ramp's 42 steps."""
    swatches = [pixels.triple(browser.js("return getComputedStyle(arguments[0]).backgroundColor", swatch))
                for swatch in browser.find(".ramp .swatch")]
    ramp = browser.find("#ramp")[0]
    return swatches + pixels.colours(browser, ramp, [[step * 4 + 2, 6] for step in range(42)])


def moment(browser, trace, number, colours):
    """The slider, the figures and every square of the maps agree with the data of a moment."""
    check = browser.check
    sample = trace["moments"][number]
    numbers = [digits(part) for part in browser.find("#moment")[0].text.replace("\u202f", "").split(" ")
               if part[:1].isdigit()]
    check(numbers == [trace["samples"][sample], trace["record"]["events"]], f"moment {number} says {numbers}")
    cards = browser.js("""return [...document.querySelectorAll(".map")].map(card =>
      [card.querySelector("b").textContent, card.querySelector("h3 span").textContent, card.querySelector("canvas")])""")
    check(len(cards) == len(trace["histories"]), f"{len(cards)} maps")
    for card, allocator, history in zip(cards, trace["record"]["allocators"], trace["histories"]):
        name, said, canvas = card
        check(name == allocator["name"], f"the map of {name} stands where {allocator['name']} should")
        pages = history["pages"][min(sample, len(history["pages"]) - 1)]
        check(digits(said) == pages, f"{name} at moment {number}: {said}, not {pages}")
        states = history["maps"][min(number, len(history["maps"]) - 1)]
        seen = pixels.squares(browser, canvas)
        expected = [colours[ALPHABET.index(state)] for state in states.ljust(len(seen), "0")[:len(seen)]]
        wrong = [frame for frame, pair in enumerate(zip(seen, expected)) if pair[0] != pair[1]]
        check(seen and not wrong, f"{name} at moment {number}: {len(wrong)} of {len(seen)} squares, first {wrong[:3]}")


def board(browser, data):
    """Each figure of the scoreboard has a button and a best one; who failed has none."""
    for button in range(len(browser.find("#metrics button"))):
        browser.find("#metrics button")[button].click()
        kinds = browser.js("""return [...document.querySelectorAll("#board tbody tr")].map(row =>
          [...row.querySelectorAll("td")].map(cell => cell.className))""")
        browser.check(len(kinds) == len(data["traces"][0]["record"]["allocators"]), f"{len(kinds)} rows")
        for column, trace in enumerate(data["traces"]):
            kinds_here = [row[column] for row in kinds]
            passed = [allocator["passed"] for allocator in trace["record"]["allocators"]]
            browser.check([kind != "failed" for kind in kinds_here] == passed,
                          f"column {column}: {kinds_here}")
            browser.check(kinds_here.count("best") >= 1, f"column {column} has no best")
    browser.find("#metrics button")[0].click()


def test(browser, data):
    board(browser, data)
    colours = legend(browser)
    browser.check(len(set(colours)) == len(colours) == 44, f"{len(set(colours))} colours of {len(colours)} states")
    for number, trace in enumerate(data["traces"]):
        browser.find("#traces button")[number].click()
        browser.check(int(browser.find("#slider")[0].get_attribute("max")) == len(trace["moments"]) - 1,
                      "the slider has another length than the data")
        for at in [0, len(trace["moments"]) // 2, len(trace["moments"]) - 1]:
            browser.player().go(at)
            moment(browser, trace, at, colours)
    chips(browser)


def chips(browser):
    """A chip names a line's colour, which can be seen, and takes the allocator away and back."""
    ground = pixels.triple(browser.js("return getComputedStyle(document.body).backgroundColor"))
    seen = {}
    for chip in browser.find("#chips button"):
        swatch = chip.find_element("css selector", "i")
        colour = pixels.triple(browser.js("return getComputedStyle(arguments[0]).borderTopColor", swatch))
        browser.check(pixels.contrast(colour, ground) >= 2.9, f"the line of {chip.text} can hardly be seen: {colour}")
        browser.check(colour not in seen, f"{chip.text} has the colour of {seen.get(colour)}")
        seen[colour] = chip.text
    count = len(browser.find(".map"))
    browser.find("#chips button")[0].click()
    browser.check(len(browser.find(".map")) == count - 1, "a chip that is turned off leaves its map")
    browser.readable()
    browser.find("#chips button")[0].click()
    browser.check(len(browser.find(".map")) == count, "a chip that is turned on again has no map")
