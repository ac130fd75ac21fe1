// SPDX-License-Identifier: MIT

internal import CTamalloc
internal import Glibc

/// An extended regular expression as POSIX has it, which pgrep takes too.
///
/// It is the C library's: Swift's Regex would take longer to compile than all processes to read. Its
/// characters are those of the locale, and names are in UTF-8 whatever the user's locale is.
@safe
final class NamePattern {
  // SAFETY: made in init, freed in deinit, and seen by nobody else.
  private let expression: UnsafeMutablePointer<regex_t>
  private var isCompiled = false

  init(_ pattern: String) throws(Failure) {
    if unsafe setlocale(LC_CTYPE, "C.UTF-8") == nil { unsafe _ = setlocale(LC_CTYPE, "") }
    unsafe expression = .allocate(capacity: 1)
    unsafe expression.initialize(to: regex_t())
    let result = unsafe regcomp(expression, pattern, REG_EXTENDED | REG_NOSUB)
    guard result == 0 else {
      var text = [CChar](repeating: 0, count: 200)
      unsafe regerror(result, expression, &text, text.count)
      let reason = String(
        decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      // Deinit runs all the same.
      throw Failure("'\(pattern)' is not a regular expression: \(reason)", status: .usage)
    }
    isCompiled = true
  }

  deinit {
    if isCompiled { unsafe regfree(expression) }
    unsafe expression.deallocate()
  }

  /// Whether the expression matches somewhere in `text`.
  func matches(_ text: String) -> Bool {
    unsafe regexec(expression, text, 0, nil, 0) == 0
  }
}
