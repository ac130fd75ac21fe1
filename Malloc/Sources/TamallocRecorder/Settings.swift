// SPDX-License-Identifier: MIT

internal import CRecorder

/// What the environment said when the program began: a program may change it afterwards.
@safe
struct Settings {
  private var path = InlineArray<4096, CChar>(repeating: 0)
  private var length = 0
  private var parent = 0
  private var includesChildren = false
  private(set) var isRead = false

  /// Nothing is to be recorded.
  init() {}

  /// Reads the environment.
  mutating func read() {
    isRead = true
    // SAFETY: getenv's strings end with a 0; nobody else runs yet.
    guard let text = unsafe getenv("TAMALLOC_RECORD"), unsafe text[0] == CChar(UInt8(ascii: "/"))
    else { return }
    var count = 0
    while unsafe text[count] != 0 {
      // A dot and the number of a process have room behind it.
      guard count < path.count - 24 else { return }
      path[count] = unsafe text[count]
      count += 1
    }
    length = count
    if let text = unsafe getenv("TAMALLOC_RECORD_PARENT") {
      var index = 0
      while unsafe text[index] >= 48, unsafe text[index] <= 57, index < 10 {
        parent = unsafe parent * 10 + Int(text[index]) - 48
        index += 1
      }
    }
    if let text = unsafe getenv("TAMALLOC_RECORD_CHILDREN") {
      includesChildren = unsafe text[0] == 49
    }
  }

  /// Decides on this process's file; returns whether it has one.
  mutating func choosePath(isForked: Bool) -> Bool {
    guard length > 0 else { return false }
    var end = length
    if isForked || Int(getppid()) != parent {
      guard includesChildren else { return false }
      path[end] = CChar(UInt8(ascii: "."))
      end += 1
      let number = Int(getpid())
      var power = 1
      while number / power >= 10 { power *= 10 }
      while power > 0 {
        path[end] = CChar(48 + number / power % 10)
        end += 1
        power /= 10
      }
    }
    path[end] = 0
    return true
  }

  /// Hands on the path of this process's file.
  @discardableResult
  func withPath<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
    let span = path.span
    // SAFETY: the span is not empty, and its bytes end with a 0.
    return unsafe span.withUnsafeBufferPointer { unsafe body($0.baseAddress.unsafelyUnwrapped) }
  }
}
