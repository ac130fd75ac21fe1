// SPDX-License-Identifier: MIT

/// Who asks for memory, as far as the allocator cares.
public struct TaskContext: Sendable, Hashable, BitwiseCopyable {
  /// In an interrupt, or with a spin lock held: sleeping is forbidden.
  public var isAtomic = false
  /// It frees memory with what it gets (PF_MEMALLOC): no watermark binds it, and it never reclaims.
  public var freesMemory = false
  /// It was chosen to die for lack of memory (TIF_MEMDIE): half of the reserve is its, so that it can.
  public var isOutOfMemoryVictim = false

  /// A task that may sleep and has no privileges, in no hurry.
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
  /// All of it: who frees memory with it.
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
