// SPDX-License-Identifier: MIT

// Verbs on files, whose pages are the page cache: file, load, dirty, sync, delete.

internal import Pages
internal import PhysicalMemory

extension ScriptRun {
  /// `file NAME PAGES` · `load NAME [FROM COUNT]` · `dirty NAME [FROM COUNT]` · `sync` · `delete NAME`
  mutating func changeFile(_ verb: String, _ words: inout ScriptWords) throws {
    if verb == "sync" {
      try words.finish()
      return try machine.sync()
    }
    let name = try words.name("a file's name")
    if verb == "file" {
      let pages = try words.number("how many pages")
      try words.finish()
      try holdings.check(name, free: .file)
      holdings.files[name] = (try machine.createFile(pages: pages), pages)
      holdings.kinds[name] = .file
      return
    }
    try holdings.require(name, .file)
    let file = holdings.files[name]!
    if verb == "delete" {
      try words.finish()
      try machine.remove(file.number)
      holdings.files[name] = nil
      holdings.kinds[name] = nil
      return
    }
    var (from, count) = (0, file.pages)
    if words.peek != nil {
      from = try words.number("the first page")
      count = words.peek == nil ? 1 : try words.number("how many pages")
    }
    try words.finish()
    guard count <= Self.most, from <= Self.most else {
      throw MachineError.beyondEndOfFile(file.number, index: from, pages: file.pages)
    }
    for index in 0..<count {
      let frame = try machine.readPage(file.number, from + index)
      if verb == "dirty" { try machine.markDirty(frame) }
      pulse(index, of: count)
    }
  }
}
