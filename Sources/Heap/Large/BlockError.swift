// SPDX-License-Identifier: MIT

package import Pages

/// Why a block could not be used as asked.
package enum BlockError: Error {
  /// No usable block begins at the address.
  case notABlock
  /// The block is as it was.
  case allocation(AllocationError)
}
