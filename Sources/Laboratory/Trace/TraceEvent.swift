// SPDX-License-Identifier: MIT

/// One line of a trace.
public enum TraceEvent: Sendable, Hashable, BitwiseCopyable {
  /// A block is taken.
  case request(id: Int, size: Int)
  /// It is made larger or smaller, and may move.
  case resize(id: Int, size: Int)
  /// It is given back.
  case free(id: Int)

  /// The block that it is about.
  @inlinable
  public var id: Int {
    switch self {
    case .request(let id, _), .resize(let id, _), .free(let id): id
    }
  }
}

/// How a trace is written.
public enum TraceFormat: Sendable, Hashable {
  /// The number of events, then lines of `REQUEST id size` and `FREE id`; ids count from 0.
  ///
  /// Traces that `tamalloc run --record` wrote have lines of `RESIZE id size`, too, and the word
  /// `LARGE` behind sizes above a page.
  case course
  /// Of malloc-lab: four lines (heap size, ids, events, weight), then `a id size`, `r id size`,
  /// `f id`, with ids in any order below the number of ids. `r` is realloc: of an id that is not
  /// allocated it is `a`, to 0 bytes it is `f`.
  case rep
}
