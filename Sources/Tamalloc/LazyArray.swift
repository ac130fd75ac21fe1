// SPDX-License-Identifier: MIT

public import Pages

/// An array of any length that starts as one value everywhere and costs nothing until it is touched.
///
/// ```swift
/// var weights = try LazyArray(repeating: 1.0, count: 10_000_000_000)   // 75 GiB, nothing committed
/// weights[9_999_999_999] = 2.5                                         // commits one page
/// ```
///
/// Elements are of any bitwise-copyable type up to 4,096 bytes; where all bytes of the initial value
/// are 0, of any size. Their stride need not divide the page (see ``FillPattern``). Reading and
/// writing is as fast as through an unsafe buffer pointer, with bounds checked.
///
/// The array is not copyable: a copy would touch every page. What ``LazyMemory`` says of forks,
/// threads and limits holds here too.
@safe
public struct LazyArray<Element: BitwiseCopyable>: ~Copyable, @unchecked Sendable {
  /// The bytes behind the elements, and perhaps some more up to the end of a page.
  @usableFromInline
  var memory: LazyMemory

  /// The first element.
  @usableFromInline
  var base: UnsafeMutablePointer<Element>

  /// The number of elements.
  public private(set) var count: Int

  /// Creates an array of `count` elements that all read as `element`, and commits nothing.
  ///
  /// - Throws: ``AllocationError``: `count` is negative or its bytes overflow; the element is above
  ///   4,096 bytes and not all zero; as ``LazyMemory/init(size:alignment:fill:options:)``.
  /// - Complexity: O(1) where all bytes of `element` are 0, O(√count) otherwise.
  public init(
    repeating element: Element, count: Int, options: LazyMemoryOptions = []
  ) throws(AllocationError) {
    let fill = FillPattern.repeating(element)
    let size = try Self.size(of: count)
    let alignment = ByteCount(MemoryLayout<Element>.alignment)
    let memory = try LazyMemory(size: size, alignment: alignment, fill: fill, options: options)
    // SAFETY: the memory is aligned for the element, has room for `count` of them, and every stride
    // of it holds the bytes of a valid element.
    unsafe base = memory.base.assumingMemoryBound(to: Element.self)
    self.memory = memory
    self.count = count
  }

  /// Bytes for `count` elements, at least one.
  private static func size(of count: Int) throws(AllocationError) -> ByteCount {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
    guard count >= 0, !overflow else { throw .invalidCount(count) }
    return ByteCount(max(bytes, 1))
  }

  // MARK: Facts

  /// Whether the array has no elements.
  @inlinable
  public var isEmpty: Bool { count == 0 }

  /// The positions of the elements.
  @inlinable
  public var indices: Range<Int> { 0..<count }

  /// What is reserved and committed now, exactly: see ``LazyMemory/usage``.
  public var usage: MemoryUsage {
    get throws(AllocationError) { try memory.usage }
  }

  // MARK: Elements

  /// The element at `index`. Reading commits nothing, writing commits one page.
  ///
  /// - Precondition: `index` is in ``indices``.
  @inlinable
  public subscript(index: Int) -> Element {
    get {
      precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "Index out of range")
      // SAFETY: the index was checked, and the memory outlives the access.
      return unsafe base[index]
    }
    set {
      precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "Index out of range")
      unsafe base[index] = newValue
    }
  }

  /// The elements, to be read.
  @inlinable
  public var span: Span<Element> {
    @_lifetime(borrow self)
    borrowing get {
      let span = unsafe Span(_unsafeStart: UnsafePointer(base), count: count)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// The elements, to be read and written.
  @inlinable
  public var mutableSpan: MutableSpan<Element> {
    @_lifetime(&self)
    mutating get {
      let span = unsafe MutableSpan(_unsafeStart: base, count: count)
      return unsafe _overrideLifetime(span, mutating: &self)
    }
  }

  /// Calls `body` with each element in order.
  @inlinable
  public borrowing func forEach<Failure: Error>(
    _ body: (Element) throws(Failure) -> Void
  ) throws(Failure) {
    for index in 0..<count { try body(unsafe base[index]) }
  }

  /// Combines all elements in order.
  @inlinable
  public borrowing func reduce<Result, Failure: Error>(
    _ initial: Result, _ combine: (Result, Element) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    var result = initial
    for index in 0..<count { result = try combine(result, unsafe base[index]) }
    return result
  }

  // MARK: Verbs

  /// Changes the number of elements. Those that stay keep their values, new ones read as the initial
  /// value. If this throws, the array is what it was.
  public mutating func resize(to newCount: Int) throws(AllocationError) {
    let size = try Self.size(of: newCount)
    if newCount > count {
      // Behind the last element the page may hold what an earlier, longer array left there.
      try memory.discard(count * MemoryLayout<Element>.stride..<memory.byteCount)
    }
    try memory.resize(to: size)
    unsafe base = memory.base.assumingMemoryBound(to: Element.self)
    count = newCount
  }

  /// Makes the elements of a range read as the initial value again, and gives their whole pages back.
  public mutating func discard(_ range: Range<Int>) throws(AllocationError) {
    try memory.discard(try bytes(of: range))
  }

  /// Commits the pages of a range of elements in one go.
  public mutating func prefault(_ range: Range<Int>) throws(AllocationError) {
    try memory.prefault(try bytes(of: range))
  }

  /// Whether the invariants hold: those of the memory, and that it has room for all elements.
  public func checkInvariants() -> Bool {
    unsafe memory.checkInvariants() && UnsafeMutableRawPointer(base) == memory.base
      && count >= 0 && count * MemoryLayout<Element>.stride <= memory.byteCount
  }

  func bytes(of range: Range<Int>) throws(AllocationError) -> Range<Int> {
    guard range.lowerBound >= 0, range.upperBound <= count else {
      throw .invalidElements(lower: range.lowerBound, upper: range.upperBound, count: count)
    }
    let stride = MemoryLayout<Element>.stride
    return range.lowerBound * stride..<range.upperBound * stride
  }
}
