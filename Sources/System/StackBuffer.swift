// SPDX-License-Identifier: MIT

/// Lends a buffer on the stack.
///
/// `withUnsafeTemporaryAllocation` takes what is above 1 KiB from the heap. Here that would not do: the
/// library answers when memory is at its end too, and as a C library it needs no heap at all.
package func withStackBuffer<let count: Int, Element: BitwiseCopyable, Result>(
  _ buffer: InlineArray<count, Element>,
  _ body: (UnsafeMutableBufferPointer<Element>) -> Result
) -> Result {
  var buffer = buffer
  var span = buffer.mutableSpan
  return unsafe span.withUnsafeMutableBufferPointer { unsafe body($0) }
}
