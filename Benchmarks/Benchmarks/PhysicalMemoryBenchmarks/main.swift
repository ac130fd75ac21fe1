// SPDX-License-Identifier: MIT

internal import Measuring

let suite = Suite("PhysicalMemory")
booting(suite)
singleFrames(suite)
mixedOrders(suite)
slabs(suite)
manyProcesses(suite)
suite.main()
