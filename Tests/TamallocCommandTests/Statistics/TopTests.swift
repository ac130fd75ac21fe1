// SPDX-License-Identifier: MIT

import Foundation
import Testing

@testable import MemoryStatistics
@testable import TamallocCommand

/// What the live view makes of keys, and what it writes.
@Suite struct TopTests {
  private func state() -> TopState { TopState(order: RowOrder(by: .committed), unit: .iec) }

  @Test func `bytes are keys, whole sequences and UTF-8 among them`() {
    let bytes: [UInt8] = Array("q\u{1B}[A\u{1B}[5~\u{1B}OHü\r\u{7F}\u{1B}[99;9Zx".utf8)
    #expect(
      Key.keys(in: bytes) == [
        .character("q"), .up, .pageUp, .home, .character("ü"), .enter, .backspace, .character("x"),
      ])
    #expect(Key.keys(in: [0x1B]) == [.escape])
    #expect(Key.keys(in: [0x1B, 0x5B]).count <= 2)
  }

  @Test func `letters choose the order, and again turn it around`() {
    var state = state()
    for (letter, field) in TopState.orders {
      _ = state.press(.character(letter), page: 10)
      #expect(state.order.field == field)
      let isReversed = state.order.isReversed
      _ = state.press(.character(letter), page: 10)
      #expect(state.order.isReversed != isReversed)
    }
  }

  @Test func `prompts take text, and escape leaves them`() {
    var state = state()
    for key in Key.keys(in: Array("/ab\u{7F}c\r".utf8)) { _ = state.press(key, page: 10) }
    #expect(state.nameText == "ac")
    #expect(state.filter.name?.matches("xacx") == true)
    _ = state.press(.character("/"), page: 10)
    _ = state.press(.character("q"), page: 10)
    #expect(state.prompt?.text == "acq")
    _ = state.press(.escape, page: 10)
    #expect(state.nameText == "ac" && state.prompt == nil)
    for key in Key.keys(in: Array("u no such user\r".utf8)) { _ = state.press(key, page: 10) }
    #expect(state.message.contains("no user"))
    #expect(state.press(.character("q"), page: 10) == .quit)
  }

  @Test func `keys that come at once scroll as if they came one by one`() {
    var state = state()
    state.mostScroll = 38
    for (keys, scroll) in [
      ("\u{1B}[5~\u{1B}[6~", 10), ("\u{1B}[F\u{1B}[B\u{1B}[A", 37), ("\u{1B}[H\u{1B}[A\u{1B}[B", 1),
    ] {
      for key in Key.keys(in: Array(keys.utf8)) { _ = state.press(key, page: 10) }
      #expect(state.scroll == scroll)
    }
  }

  @Test func `only lines that differ are written`() {
    var screen = Screen()
    #expect(screen.update(to: ["a", "b", "c"], rows: 3, columns: 9).contains("\u{1B}[2J"))
    #expect(screen.update(to: ["a", "b", "c"], rows: 3, columns: 9).isEmpty)
    let change = screen.update(to: ["a", "x", "c"], rows: 3, columns: 9)
    #expect(change.contains("\u{1B}[2;1Hx") && !change.contains("\u{1B}[1;1H"))
    #expect(!change.contains("\u{1B}[2J"))
    let shorter = screen.update(to: ["a"], rows: 3, columns: 9)
    #expect(shorter.contains("\u{1B}[2;1H") && shorter.contains("\u{1B}[3;1H"))
  }

  @Test(arguments: [(24, 80), (5, 20), (60, 200), (1, 1)])
  func `the picture fits any screen`(rows: Int, columns: Int) throws {
    var source = try ProcfsSource()
    let snapshot = try source.snapshot()
    var names = UserNames()
    var state = state()
    state.scroll = 1 << 40
    let view = TopView(isColored: false, interval: 1)
    var screen = Screen()
    let lines = view.lines(
      of: snapshot, state: &state, names: &names, rows: rows, columns: columns)
    let text = screen.update(to: lines, rows: rows, columns: columns)
    #expect(!text.contains("\u{1B}[\(rows + 1);1H"))
    #expect(state.scroll <= snapshot.processes.count)
  }
}
