# SPDX-License-Identifier: MIT
"""The player of a page with moments: it plays, steps and stops."""

from selenium.webdriver.common.keys import Keys

WORDS = {"en-GB": ("▶ Play", "❚❚ Pause"), "es": ("▶ Reproducir", "❚❚ Pausa")}


class Player:
    def __init__(self, browser):
        self.browser = browser
        self.slider = browser.find("#slider")[0]
        self.button = browser.find("#play")[0]
        self.last = int(self.slider.get_attribute("max"))
        self.play, self.pause = WORDS[browser.js("return document.documentElement.lang")]

    @property
    def moment(self):
        return int(self.slider.get_property("value"))

    @property
    def text(self):
        return self.browser.find("#moment")[0].text

    def is_playing(self):
        pressed = self.button.get_attribute("aria-pressed") == "true"
        self.browser.check(self.button.text == (self.pause if pressed else self.play),
                           f"the button says '{self.button.text}'")
        return pressed

    def go(self, moment):
        """Drags the slider to a moment."""
        self.browser.js("arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input'))",
                        self.slider, moment)

    def tick(self, milliseconds):
        self.browser.js("tick(arguments[0])", milliseconds)

    def test(self):
        check = self.browser.check
        check(not self.is_playing(), "it plays by itself")
        self.slider.send_keys(Keys.HOME)
        check(self.moment == 0, f"Home leads to {self.moment}")
        first = self.text
        self.slider.send_keys(Keys.ARROW_RIGHT)
        check(self.moment == 1 and self.text != first, f"a step leads to {self.moment}, '{self.text}'")
        self.slider.send_keys(Keys.ARROW_LEFT)
        check(self.moment == 0 and self.text == first, f"a step back leads to {self.moment}, '{self.text}'")

        # All moments take 12 seconds.
        self.button.click()
        check(self.is_playing(), "the button does not start it")
        for second in [1, 2, 3]:
            self.tick(1000)
            due = second * (self.last + 1) // 12
            check(self.moment == due, f"after {second} s it is at {self.moment}, not {due}")
        self.button.click()
        check(not self.is_playing(), "the button does not stop it")
        stopped = self.moment
        self.tick(5000)
        check(self.moment == stopped, f"it went on from {stopped} to {self.moment}")

        # At the end it stops by itself, and begins anew when it is asked to.
        self.button.click()
        self.tick(20_000)
        check(not self.is_playing() and self.moment == self.last, f"it stopped at {self.moment} of {self.last}")
        self.button.click()
        self.tick(0)
        check(self.is_playing() and self.moment == 0, f"it begins anew at {self.moment}")
        self.slider.send_keys(Keys.ARROW_RIGHT)
        check(not self.is_playing(), "dragging does not stop it")
