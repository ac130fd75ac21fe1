# SPDX-License-Identifier: MIT
"""A headless Chromium, and what has to be true of any page in it.

Debian's chromium, driven by Debian's python3-selenium. A page is loaded from its file; a fault is a line of
text, kept with the page and the way it was looked at (language, theme, width).
"""

import json
import os
import pathlib
import time

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

PHONE, DESKTOP = 360, 1200

# Every visible text with its contrast against what is behind it, and its size on the screen. An SVG's
# texts are painted with `fill`, and scaled with the picture.
TEXTS = """
const rgba = text => { const n = text.match(/[\\d.]+/g).map(Number); return [n[0], n[1], n[2], n[3] ?? 1]; };
const over = (top, below) => [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
const light = colour => {
  const [r, g, b] = colour.map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
  return .2126 * r + .7152 * g + .0722 * b;
};
const ground = element => {
  const layers = [];
  for (let at = element; at; at = at.parentElement) layers.push(rgba(getComputedStyle(at).backgroundColor));
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  return layers.reverse().reduce((below, layer) => over(layer, below), dark ? [18, 18, 18, 1] : [255, 255, 255, 1]);
};
const list = [];
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let node = walk.nextNode(); node; node = walk.nextNode()) {
  const element = node.parentElement, words = node.data.trim();
  if (!words || element.closest("script, style, noscript") || !element.checkVisibility()) continue;
  const style = getComputedStyle(element), isSVG = element instanceof SVGElement;
  let opacity = 1;
  for (let at = element; at; at = at.parentElement) opacity *= Number(getComputedStyle(at).opacity);
  const behind = ground(element), ink = rgba(isSVG ? style.fill : style.color);
  ink[3] *= opacity;
  const pair = [light(over(ink, behind)), light(behind)].sort((a, b) => b - a);
  const scale = isSVG ? Math.hypot(element.getScreenCTM().a, element.getScreenCTM().b) : 1, size = parseFloat(style.fontSize) * scale;
  const isLarge = size >= 24 || size >= 18.66 && Number(style.fontWeight) >= 700;
  list.push({ words: words.slice(0, 40), contrast: (pair[0] + .05) / (pair[1] + .05), size, needed: isLarge ? 3 : 4.5 });
}
return list;
"""

# What stands beyond the right edge of the screen, outside of what can be scrolled by itself.
BEYOND = """
const width = document.documentElement.clientWidth, found = [];
if (document.documentElement.scrollWidth > width) found.push("the page is " + document.documentElement.scrollWidth + " wide");
for (const element of document.body.querySelectorAll("*")) {
  if (element.closest(".scroll, pre, svg, noscript, script") && !element.matches(".scroll, pre, svg")) continue;
  const box = element.getBoundingClientRect();
  if (box.width && box.right > width + 1) found.push(element.tagName + "#" + element.id + "." + element.className);
}
return found;
"""

# The page's clock is the tests': a frame is drawn when `tick` says so, on a machine as busy as it may be.
CLOCK = """
{
  let now = 0, waiting = [];
  window.nextFrame = window.requestAnimationFrame.bind(window);
  performance.now = () => now;
  window.requestAnimationFrame = act => waiting.push(act);
  window.tick = milliseconds => { now += milliseconds; for (const act of waiting.splice(0)) act(now); };
}
"""

# Texts of a picture that lie on each other.
OVERLAPS = """
const found = [];
for (const svg of document.querySelectorAll("svg")) {
  const boxes = [...svg.querySelectorAll("text")].map(text => [text.textContent, text.getBoundingClientRect()]);
  boxes.forEach(([one, a], index) => boxes.slice(index + 1).forEach(([other, b]) => {
    const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (across > 1 && down > 3) found.push("'" + one + "' and '" + other + "'");
  }));
}
return found;
"""

BUTTONS = """
return [...document.querySelectorAll("button, summary, nav a")].map(button => ({
  words: button.textContent, height: button.getBoundingClientRect().height }));
"""


class Browser:
    """One browser for all pages, and the faults found in them."""

    def __init__(self):
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for word in ["--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                     "--disable-background-networking", "--no-first-run"]:
            options.add_argument(word)
        if os.geteuid() == 0:
            options.add_argument("--no-sandbox")  # Chromium's sandbox refuses root.
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
        self.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": CLOCK})
        self.faults = []
        self.checks = 0
        self.where = ""

    def check(self, holds, fault):
        self.checks += 1
        if not holds:
            self.faults.append(f"{self.where}: {fault}")

    def js(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def find(self, selector):
        return self.driver.find_elements("css selector", selector)

    def until(self, what, holds, seconds=30):
        """Waits for something to become true; that it does not is a fault."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if holds():
                self.checks += 1
                return True
            time.sleep(.03)
        self.check(False, f"{what}: not within {seconds} s")
        return False

    def look(self, width, theme):
        """The screen's width, and the theme that the reader's system asks for."""
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width == PHONE})
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": theme}]})
        # A page hears of a new theme when the next frame is drawn.
        self.driver.execute_async_script("""
          const done = arguments[0], next = window.nextFrame ?? window.requestAnimationFrame;
          next(() => next(done));""")

    def open(self, path, width=DESKTOP, theme="light"):
        self.where = f"{pathlib.Path(path).name}, {width} px, {theme}"
        self.look(width, theme)
        self.driver.get(pathlib.Path(path).resolve().as_uri())

    def readable(self):
        """Every text has the contrast that WCAG 2 AA asks for; nothing stands beyond the screen."""
        texts = self.js(TEXTS)
        self.check(len(texts) > 5, f"only {len(texts)} texts are visible")
        for text in texts:
            self.check(text["contrast"] >= text["needed"],
                       f"'{text['words']}' has a contrast of {text['contrast']:.2f}")
            self.check(text["size"] >= 9.5, f"'{text['words']}' is {text['size']:.1f} px high")
        for fault in self.js(BEYOND):
            self.check(False, f"beyond the screen's edge: {fault}")
        for fault in self.js(OVERLAPS):
            self.check(False, f"texts that overlap: {fault}")
        for button in self.js(BUTTONS):
            self.check(button["height"] >= 24, f"the button '{button['words']}' is {button['height']:.0f} px high")

    def silent(self):
        """The console says nothing, and nothing but the page's own file was asked for."""
        for line in self.driver.get_log("browser"):
            self.check(False, f"the console says: {line['message']}")
        for line in self.driver.get_log("performance"):
            message = json.loads(line["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                address = message["params"]["request"]["url"]
                self.check(address.startswith("file:///") and address.split("#")[0].endswith(".html"),
                           f"a request to {address}")
        self.checks += 1

    def screenshot(self, path):
        """For whoever wants to see what the tests see: TAMALLOC_SCREENSHOTS names a folder."""
        folder = os.environ.get("TAMALLOC_SCREENSHOTS")
        if folder:
            self.driver.save_screenshot(f"{folder}/{path}.png")

    def close(self):
        self.driver.quit()
