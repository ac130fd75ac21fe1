// SPDX-License-Identifier: MIT

/// The longer texts and the page's style, which are files in the sources and part of the program.
enum Texts {
  /// What a section says before its figures.
  static func prose(_ section: SectionName, _ language: Language) -> String? {
    let bytes: [UInt8]
    switch (section, language) {
    case (.design, .english): bytes = PackageResources.design_en_md
    case (.design, .spanish): bytes = PackageResources.design_es_md
    case (.memory, .english): bytes = PackageResources.memory_en_md
    case (.memory, .spanish): bytes = PackageResources.memory_es_md
    case (.kernel, .english): bytes = PackageResources.kernel_en_md
    case (.kernel, .spanish): bytes = PackageResources.kernel_es_md
    case (.faults, .english): bytes = PackageResources.faults_en_md
    case (.faults, .spanish): bytes = PackageResources.faults_es_md
    case (.statistics, .english): bytes = PackageResources.statistics_en_md
    case (.statistics, .spanish): bytes = PackageResources.statistics_es_md
    case (.allocators, .english): bytes = PackageResources.allocators_en_md
    case (.allocators, .spanish): bytes = PackageResources.allocators_es_md
    case (.model, .english): bytes = PackageResources.model_en_md
    case (.model, .spanish): bytes = PackageResources.model_es_md
    case (.heap, .english): bytes = PackageResources.heap_en_md
    case (.heap, .spanish): bytes = PackageResources.heap_es_md
    case (.problems, .english): bytes = PackageResources.problems_en_md
    case (.problems, .spanish): bytes = PackageResources.problems_es_md
    case (.limits, .english): bytes = PackageResources.limits_en_md
    case (.limits, .spanish): bytes = PackageResources.limits_es_md
    case (.result, .english): bytes = PackageResources.result_en_md
    case (.result, .spanish): bytes = PackageResources.result_es_md
    case (.chronology, .english): bytes = PackageResources.chronology_en_md
    case (.chronology, .spanish): bytes = PackageResources.chronology_es_md
    case (.conclusions, .english): bytes = PackageResources.conclusions_en_md
    case (.conclusions, .spanish): bytes = PackageResources.conclusions_es_md
    case (.machine, _): return nil
    }
    let lines = String(decoding: bytes, as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false)
    // The licence is the file's, not the report's.
    return lines.drop { $0.hasPrefix("<!--") || $0.isEmpty }.joined(separator: "\n")
  }

  static var style: String { String(decoding: PackageResources.report_css, as: UTF8.self) }
}
