// SPDX-License-Identifier: MIT

/// A node as reclaim knows it: its lists, and its kswapd (of Linux's pglist_data).
struct ReclaimNode: BitwiseCopyable {
  /// Frames that reclaim may take, by ``ReclaimList``.
  var lists: InlineArray<4, FrameList>
  var kswapd: Kswapd
}
