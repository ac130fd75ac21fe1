// SPDX-License-Identifier: MIT

// Verbs on processes: spawn, fork, exit, tamalloc, touch, overcommit, adjust, stack.

internal import Pages
internal import PhysicalMemory

extension ScriptRun {
  mutating func changeProcess(_ verb: String, _ words: inout ScriptWords) throws {
    switch verb {
    case "spawn":  // spawn P
      let name = try words.name("a process's name")
      try words.finish()
      try holdings.check(name, free: .process)
      holdings.processes[name] = try machine.spawn(name)
      holdings.kinds[name] = .process
    case "fork":  // fork P CHILD
      let parent = try process(words.next("a process"))
      let name = try words.name("the child's name")
      try words.finish()
      try holdings.check(name, free: .process)
      holdings.processes[name] = try machine.fork(parent)
      holdings.kinds[name] = .process
    case "exit":  // exit P
      let name = try words.next("a process")
      let number = try process(name)
      try words.finish()
      try machine.exit(number)
      holdings.processes[name] = nil
      holdings.kinds[name] = nil
      for (area, value) in holdings.areas where value.process == number { forget(area) }
    case "tamalloc": try promise(&words)
    case "touch": try touch(&words)
    case "adjust":  // adjust P SCORE
      let number = try process(words.next("a process"))
      try machine.setScoreAdjustment(words.signed("an adjustment"), of: number)
    default: try setOvercommit(&words)
    }
  }

  func process(_ name: String) throws(ScriptError.Problem) -> ProcessNumber {
    try holdings.require(name, .process)
    return holdings.processes[name]!
  }

  /// `tamalloc NAME P SIZE`
  private mutating func promise(_ words: inout ScriptWords) throws {
    let name = try words.name("a name")
    try holdings.check(name, free: .area)
    let number = try process(words.next("a process"))
    let size = try words.size("a size")
    try words.finish()
    let start = try machine.tamalloc(size, in: number)
    holdings.areas[name] = ScriptArea(process: number, start: start, size: size)
    holdings.kinds[name] = .area
  }

  /// An area, in its own process or, with `in P`, at the same addresses of another.
  func area(
    _ name: String, _ words: inout ScriptWords
  ) throws(ScriptError.Problem) -> (ProcessNumber, ScriptArea) {
    try holdings.require(name, .area)
    let area = holdings.areas[name]!
    guard words.take("in") else { return (area.process, area) }
    return (try process(words.next("a process")), area)
  }

  /// `touch NAME (read | write) [FROM SIZE] [in P]`
  private mutating func touch(_ words: inout ScriptWords) throws {
    let name = try words.next("a name")
    try holdings.require(name, .area)
    let kind = try words.next("read or write")
    guard kind == "read" || kind == "write" else {
      throw ScriptError.Problem.invalid(kind, expected: "read or write")
    }
    var from = ByteCount(0)
    var size = holdings.areas[name]!.size
    if let word = words.peek, word != "in" {
      from = try words.size("an offset")
      size = try words.size("a size")
    }
    let (process, area) = try area(name, &words)
    try words.finish()
    let pages = (size.rawValue >> PageFrameNumber.shift) + 1
    // In slices, so that an observer sees it happen.
    let slice = max(1, pages / 16) << PageFrameNumber.shift
    var done = 0
    repeat {
      let part = min(slice, size.rawValue - done)
      try machine.touch(
        ByteCount(part), at: area.start + from + ByteCount(done), in: process,
        writing: kind == "write")
      done += part
      if pages > 32, done < size.rawValue { pulse(done, of: size.rawValue, always: true) }
    } while done < size.rawValue
  }

  private mutating func setOvercommit(_ words: inout ScriptWords) throws {
    let word = try words.next("heuristic, always or never")
    let modes: [String: OvercommitMode] = [
      "heuristic": .heuristic, "always": .always, "never": .never,
    ]
    guard let mode = modes[word] else {
      throw ScriptError.Problem.invalid(word, expected: "heuristic, always or never")
    }
    let ratio = words.peek == nil ? 50 : try words.number("a ratio")
    machine.overcommit = OvercommitPolicy(mode: mode, ratio: ratio)
  }

  /// `stack push P SIZE` · `stack pop P` · `stack check P` · `stack guard (on | off)`
  mutating func stack(_ words: inout ScriptWords) throws {
    let verb = try words.next("push, pop, check or guard")
    switch verb {
    case "push":
      let number = try process(words.next("a process"))
      let size = try words.size("a size")
      try words.finish()
      _ = try machine.pushKernelStack(size, in: number)
    case "pop": try machine.popKernelStack(in: process(words.next("a process")))
    case "check": try machine.checkKernelStack(of: process(words.next("a process")))
    case "guard": machine.guardsKernelStacks = try words.isOn()
    default: throw ScriptError.Problem.invalid(verb, expected: "push, pop, check or guard")
    }
  }
}
