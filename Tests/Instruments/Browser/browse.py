# SPDX-License-Identifier: MIT
"""browse.py KIND=PAGE... - look at pages in a browser; KIND is compare, machine or report.

Each page is looked at on a screen and on a phone, light and dark, in its language. Faults are printed, a
line each, then how much was checked. Exit status: 0 there is none, 1 there are some.
"""

import json
import pathlib
import re
import sys

import browser as browsers
import compare_page
import machine_page
import player
import report_page


def data(path):
    """The page's data, read from its file by another reader than the page's own script."""
    page = pathlib.Path(path).read_text()
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    return json.loads(found.group(1))


def browse(browser, kind, path):
    name = pathlib.Path(path).stem
    for width in [browsers.DESKTOP, browsers.PHONE]:
        for theme in ["light", "dark"]:
            browser.open(path, width, theme)
            browser.readable()
            browser.screenshot(f"{name}-{width}-{theme}")
            if theme == "dark" and kind != "report" and width == browsers.DESKTOP:
                # The reader's system changes its theme while the page is open.
                browser.look(width, "light")
                browser.readable()
                browser.look(width, theme)
            # What the data say is the same in both languages.
            if kind != "report" and browser.js("return document.documentElement.lang") != "es":
                {"compare": compare_page, "machine": machine_page}[kind].test(browser, data(path))
            if (width, theme) == (browsers.DESKTOP, "light") or (width, theme) == (browsers.PHONE, "dark"):
                report_page.test(browser) if kind == "report" else browser.player().test()
            browser.silent()


def main():
    browser = browsers.Browser()
    browser.player = lambda: player.Player(browser)
    try:
        for word in sys.argv[1:]:
            browse(browser, *word.split("=", 1))
    finally:
        browser.close()
    for fault in dict.fromkeys(browser.faults):
        print(fault)
    print(f"{browser.checks} checks", file=sys.stderr)
    sys.exit(1 if browser.faults else 0)


main()
