// SPDX-License-Identifier: MIT

// The flags' names as Linux spells them, and the other way round.

extension GFPFlags {
  /// Types by their names in Linux.
  public static let types: [(name: String, flags: GFPFlags)] = [
    ("GFP_KERNEL", .kernel), ("GFP_ATOMIC", .atomic), ("GFP_NOWAIT", .noWait),
    ("GFP_NOIO", .noIO), ("GFP_NOFS", .noFS), ("GFP_USER", .user), ("GFP_HIGHUSER", .highUser),
    ("GFP_HIGHUSER_MOVABLE", .highUserMovable), ("GFP_DMA", .dmaOnly), ("GFP_DMA32", .dma32),
  ]

  /// Single flags by their names in Linux.
  public static let actions: [(name: String, flags: GFPFlags)] = [
    ("__GFP_DMA", .dma), ("__GFP_DMA32", .dma32), ("__GFP_HIGHMEM", .highMemory),
    ("__GFP_RECLAIM", .reclaim), ("__GFP_DIRECT_RECLAIM", .directReclaim),
    ("__GFP_KSWAPD_RECLAIM", .wakeKswapd), ("__GFP_HIGH", .high), ("__GFP_IO", .io),
    ("__GFP_FS", .fs), ("__GFP_COLD", .cold), ("__GFP_NOFAIL", .noFail),
    ("__GFP_ATOMIC", .atomicContext), ("__GFP_ZERO", .zero), ("__GFP_NORETRY", .noRetry),
    ("__GFP_MEMALLOC", .memoryReserves), ("__GFP_NOMEMALLOC", .noMemoryReserves),
    ("__GFP_THISNODE", .thisNode), ("__GFP_COMP", .compound), ("__GFP_NOWARN", .noWarning),
    ("__GFP_MOVABLE", .movable),
  ]

  /// Reads flags such as `GFP_KERNEL|__GFP_ZERO`.
  ///
  /// - Throws: ``MachineError/unknownFlag(_:)``, which names the word that is no flag.
  public init(parsing text: some StringProtocol) throws(MachineError) {
    var flags: GFPFlags = []
    for word in text.split(separator: "|", omittingEmptySubsequences: false) {
      let all = Self.types + Self.actions
      guard let found = all.first(where: { $0.name == word }) else {
        throw .unknownFlag(String(word))
      }
      flags.formUnion(found.flags)
    }
    self = flags
  }
}

extension GFPFlags: CustomStringConvertible {
  /// The type with the most flags that fits, and the flags beyond it: `GFP_KERNEL|__GFP_ZERO`.
  public var description: String {
    var words: [String] = []
    var left = self
    var best: (name: String, flags: GFPFlags)?
    for type in Self.types where isSuperset(of: type.flags) {
      if type.flags.rawValue.nonzeroBitCount > best?.flags.rawValue.nonzeroBitCount ?? 0 {
        best = type
      }
    }
    if let best {
      words.append(best.name)
      left.subtract(best.flags)
    }
    for action in Self.actions where left.isSuperset(of: action.flags) {
      words.append(action.name)
      left.subtract(action.flags)
    }
    return words.isEmpty ? "0" : words.joined(separator: "|")
  }
}
