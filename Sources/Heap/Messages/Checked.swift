// SPDX-License-Identifier: MIT

// What is asserted where the heap's state changes. It costs nothing, and is nothing, but in a checked build
// (`Malloc/build --checked`, or -D TAMALLOC_CHECKED): there the program ends at the change that broke a rule.

internal import Pages
internal import System

enum Checked {
  /// Ends the program with a message about a record unless a condition holds.
  @inline(__always)
  static func require<Record: ~Copyable>(
    _ condition: @autoclosure () -> Bool, _ rule: StaticString,
    _ record: UnsafeMutablePointer<Record>
  ) {
    #if TAMALLOC_CHECKED
      if !condition() { fail(rule, UInt(bitPattern: record)) }
    #endif
  }

  #if TAMALLOC_CHECKED
    @inline(never)
    private static func fail(_ rule: StaticString, _ place: UInt) -> Never {
      report(rule, place)
      Syscalls.abort()
    }
  #endif

  /// One line on standard error about a rule that is broken.
  static func report(_ rule: StaticString, _ place: UInt) {
    var text = TextOutput()
    text.add("tamalloc: broken invariant: ")
    text.add(rule)
    text.add(", at ")
    text.add(Int(bitPattern: place))
    text.add("\n")
    text.write()
  }
}
