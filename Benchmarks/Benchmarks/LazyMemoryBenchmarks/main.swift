// SPDX-License-Identifier: MIT

internal import Measuring

let suite = Suite("LazyMemory")
reserving(suite)
fills(suite)
touching(suite)
arrays(suite)
usages(suite)
suite.main()
