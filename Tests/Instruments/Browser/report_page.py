# SPDX-License-Identifier: MIT
"""The report: its links lead somewhere, and the pages within it are alive."""


def test(browser):
    check = browser.check
    for link in browser.find("nav a"):
        target = link.get_attribute("href").split("#")[1]
        check(browser.js("return !!document.getElementById(arguments[0])", target), f"no section {target}")
    pictures = browser.find("svg")
    check(len(pictures) >= 5, f"{len(pictures)} pictures")
    for picture in pictures:
        check(picture.rect["width"] > 200 and picture.rect["height"] > 60, f"a picture of {picture.rect}")
    legends(browser)
    frames = browser.find("details")
    check(len(frames) == 2, f"{len(frames)} pages within it")
    for details in frames:
        details.find_element("css selector", "summary").click()
        frame = details.find_element("css selector", "iframe")
        browser.js("arguments[0].scrollIntoView()", frame)
        browser.until("the page within is loaded",
                      lambda: browser.js("return !!arguments[0].contentDocument?.querySelector('#play')?.textContent", frame))
        browser.driver.switch_to.frame(frame)
        outer = browser.where
        browser.where += ", " + browser.js("return document.title")
        browser.player().test()
        browser.readable()
        browser.where = outer
        browser.driver.switch_to.default_content()


def legends(browser):
    """Every line and bar of a picture has a colour that its legend or its labels name."""
    unnamed = browser.js("""
      return [...document.querySelectorAll("svg")].filter(svg => {
        const texts = svg.querySelectorAll("text").length, drawn = svg.querySelectorAll(".bar, .line, .area").length;
        return !drawn || texts < 3;
      }).length""")
    browser.check(unnamed == 0, f"{unnamed} pictures say nothing of what they draw")
