// SPDX-License-Identifier: MIT

import Testing

/// What is there, or a failure that says where it is missing. `#require` takes calls apart, which those
/// on a machine, that can't be copied, don't allow.
func present<Value>(
  _ value: Value?, _ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation
) throws -> Value {
  try #require(value, comment, sourceLocation: sourceLocation)
}
