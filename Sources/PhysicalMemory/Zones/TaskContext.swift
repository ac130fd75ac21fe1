// SPDX-License-Identifier: MIT

/// What the allocator needs to know about the task that allocates.
public struct TaskContext: Sendable, Hashable, BitwiseCopyable {
  /// In an interrupt, or with a spin lock held: sleeping is forbidden.
  public var isAtomic = false
  /// It allocates in order to free memory (PF_MEMALLOC): it ignores watermarks and never reclaims.
  public var freesMemory = false
  /// The out-of-memory killer chose it (TIF_MEMDIE): it may use half of the reserve, so that it can exit.
  public var isOutOfMemoryVictim = false

  /// An ordinary task, which may sleep and has no access to reserves.
  public init() {}
}

/// How deep below the *min* watermark a request may go.
public enum ReserveDepth: Sendable, Hashable {
  /// Not at all.
  case none
  /// min/4 of it: `atomicContext` alone.
  case quarter
  /// min/2 of it: `high`; a victim of the out-of-memory killer; `noFail`, when all else has failed.
  case half
  /// 5/8 of it: `high` and `atomicContext`.
  case fiveEighths
  /// All of it: for tasks that free memory with it.
  case all

  /// The free frames that must be left.
  @inline(__always)
  func floor(_ min: Int) -> Int {
    switch self {
    case .none: min
    case .quarter: min - min / 4
    case .half: min - min / 2
    case .fiveEighths: (min - min / 2) - (min - min / 2) / 4
    case .all: 0
    }
  }
}

extension GFPFlags {
  /// How deep a request may go (gfp_to_alloc_flags, __gfp_pfmemalloc_flags).
  func reserveDepth(in context: TaskContext) -> ReserveDepth {
    if !contains(.noMemoryReserves) {
      if contains(.memoryReserves) || context.freesMemory { return .all }
      if context.isOutOfMemoryVictim { return .half }
    }
    switch (contains(.high), contains(.atomicContext)) {
    case (true, true): return .fiveEighths
    case (true, false): return .half
    case (false, true): return .quarter
    case (false, false): return .none
    }
  }
}
