// SPDX-License-Identifier: MIT

internal import MemoryStatistics

/// What the person at the live view has asked for.
struct TopState {
  var order: RowOrder
  var filter = ProcessFilter()
  var userText = ""
  var nameText = ""
  var isTree = false
  var isPaused = false
  var unit: ByteUnit
  /// How many rows are above the first one shown, and how many there may be, as last drawn.
  var scroll = 0
  var mostScroll = 0
  /// What is being typed, or nil.
  var prompt: Prompt?
  /// What there is to say until the next key.
  var message = ""
  var isHelpShown = false

  /// A line that is being typed.
  struct Prompt {
    enum Purpose: String {
      case user = "user (empty: all)"
      case name = "name matches (empty: all)"
    }
    var purpose: Purpose
    var text = ""
  }

  /// What follows from a key.
  enum Consequence {
    case quit
    case draw
    case none
  }

  /// Deals with a key; `page` is the number of rows that the screen has.
  mutating func press(_ key: Key, page: Int) -> Consequence {
    message = ""
    if prompt != nil { return type(key) }
    switch key {
    case .character("q"), .character("Q"): return .quit
    case .character(let letter):
      if let field = Self.orders[letter] { return sort(by: field) }
      return press(letter)
    case .up: scroll(by: -1)
    case .down: scroll(by: 1)
    case .pageUp: scroll(by: -page)
    case .pageDown: scroll(by: page)
    case .home: scroll = 0
    case .end: scroll = mostScroll
    case .enter, .escape, .backspace: isHelpShown = false
    }
    return .draw
  }

  /// Stays within the rows, so that the next of several keys begins where this one has ended.
  private mutating func scroll(by rows: Int) {
    scroll = min(max(scroll + rows, 0), mostScroll)
  }

  /// The letters that choose an order.
  static let orders: [Character: Field] = [
    "M": .committed, "V": .reserved, "P": .ratio, "N": .pid, "T": .growth, "O": .rank,
  ]

  private mutating func sort(by field: Field) -> Consequence {
    order = RowOrder(by: field, isReversed: order.field == field && !order.isReversed)
    scroll = 0
    return .draw
  }

  private mutating func press(_ letter: Character) -> Consequence {
    switch letter {
    case "u": prompt = Prompt(purpose: .user)
    case "/": prompt = Prompt(purpose: .name, text: nameText)
    case "t": isTree.toggle()
    case "e":
      let units: [ByteUnit] = [.iec, .si, .kibibytes, .mebibytes]
      let next = (units.firstIndex(of: unit) ?? -1) + 1
      unit = units[next % units.count]
    case " ": isPaused.toggle()
    case "h", "?": isHelpShown.toggle()
    default: return .none
    }
    return .draw
  }

  private mutating func type(_ key: Key) -> Consequence {
    switch key {
    case .character(let character): prompt?.text.append(character)
    case .backspace: if prompt?.text.isEmpty == false { prompt?.text.removeLast() }
    case .escape: prompt = nil
    case .enter: accept()
    default: return .none
    }
    return .draw
  }

  private mutating func accept() {
    guard let prompt else { return }
    self.prompt = nil
    scroll = 0
    switch prompt.purpose {
    case .user:
      guard !prompt.text.isEmpty else { return (filter.user, userText) = (nil, "") }
      guard let number = UserNames.number(of: prompt.text) else {
        message = "there is no user '\(prompt.text)'"
        return
      }
      (filter.user, userText) = (number, prompt.text)
    case .name:
      guard !prompt.text.isEmpty else { return (filter.name, nameText) = (nil, "") }
      do {
        filter.name = try NamePattern(prompt.text)
        nameText = prompt.text
      } catch {
        message = "'\(prompt.text)' is not a regular expression"
      }
    }
  }
}
