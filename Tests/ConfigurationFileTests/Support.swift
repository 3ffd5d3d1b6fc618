import ConfigurationFile
import Foundation
import Testing

/// A configuration that is refused, and everything that is said about it, as `line: field: message`.
struct Bad: CustomTestStringConvertible, Sendable {
  var title: String
  var yaml: String
  var expected: String

  init(_ title: String, _ yaml: String, _ expected: String) {
    self.title = title
    self.yaml = yaml
    self.expected = expected
  }

  var testDescription: String { title }

  func check(sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(Outcome.of(yaml).lines == expected, "\(title)", sourceLocation: sourceLocation)
  }
}

/// What comes of a text.
struct Outcome {
  var configuration: Configuration?
  var problems: [ConfigurationProblem] = []

  static func of(_ yaml: String, path: String = "lab.yaml") -> Outcome {
    do throws(ConfigurationErrors) {
      return Outcome(configuration: try ConfigurationLoader.load(text: yaml, path: path))
    } catch {
      return Outcome(problems: error.problems)
    }
  }

  static func ofFile(_ path: String) -> Outcome {
    do throws(ConfigurationErrors) {
      return Outcome(configuration: try ConfigurationLoader.load(path: path))
    } catch {
      return Outcome(problems: error.problems)
    }
  }

  /// `line: field: message` for each problem; no line where the whole file is meant.
  var lines: String { Self.lines(problems) }

  static func lines(_ problems: [ConfigurationProblem]) -> String {
    problems.map { problem in
      (problem.line > 0 ? "\(problem.line): " : "")
        + (problem.field.isEmpty ? "" : "\(problem.field): ") + problem.message
    }.joined(separator: "\n")
  }
}

/// Five lines that every case below begins with, so that what it adds begins in line 6.
let network = """
  virtualNetworks:
    - name: v
      location: westeurope
      addressSpace: [10.0.0.0/16]
      subnets: [{ name: a, addressPrefix: 10.0.1.0/24 }]

  """

enum Place {
  static let packageRoot = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// Data of others, beside the project; nil, said aloud, where it is absent. In CI it must be there.
  static func sharedData() -> URL? {
    let environment = ProcessInfo.processInfo.environment
    let candidates = [
      packageRoot.appendingPathComponent("../shared/data").standardizedFileURL,
      environment["SPURLINE_DATA"].map { URL(fileURLWithPath: $0) },
    ]
    let found = candidates.compactMap { $0 }.first {
      FileManager.default.fileExists(atPath: $0.path)
    }
    if found == nil {
      print("SKIPPED: no ../shared/data, and SPURLINE_DATA is not set")
      if environment["CI"] != nil { Issue.record("the shared data must be there in CI") }
    }
    return found
  }

  /// Runs with a folder that is removed afterwards; the files are written into it.
  static func withFiles<Result>(
    _ files: [String: String], _ body: (URL) throws -> Result
  ) throws -> Result {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("spurline-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for (name, text) in files {
      try Data(text.utf8).write(to: folder.appendingPathComponent(name))
    }
    return try body(folder)
  }
}
