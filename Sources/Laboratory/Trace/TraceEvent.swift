// SPDX-License-Identifier: MIT

/// One line of a trace.
public enum TraceEvent: Sendable, Hashable, BitwiseCopyable {
  /// A block is taken.
  case request(id: Int, size: Int)
  /// It is made larger or smaller, and may move.
  case resize(id: Int, size: Int)
  /// It is given back.
  case free(id: Int)
}

/// How a trace is written.
public enum TraceFormat: Sendable, Hashable {
  /// The number of events, then lines of `REQUEST id size` and `FREE id`; ids count from 0.
  case course
  /// Of malloc-lab: four lines (heap size, ids, events, weight), then `a id size`, `r id size`, `f id`.
  case rep
}
