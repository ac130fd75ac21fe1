// SPDX-License-Identifier: MIT

internal import ArgumentParser

/// The report's sections, in its order.
enum SectionName: String, CaseIterable, Codable, Sendable, ExpressibleByArgument {
  case result, machine, design, memory, kernel, faults, statistics, allocators, model, heap
  case problems, chronology, conclusions, limits
}
