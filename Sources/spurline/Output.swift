import ArgumentParser
import Control
import Foundation

/// How data is printed.
enum OutputFormat: String, CaseIterable, ExpressibleByArgument {
  case table
  case json
}

/// `--output`, for every command that prints data.
struct OutputOptions: ParsableArguments {
  @Option(name: [.short, .long], help: "How to print: a table for people, JSON for programs.")
  var output: OutputFormat = .table

  /// One document on standard output.
  func print(_ value: some Encodable, table: () -> String) throws {
    switch output {
    case .table: writeOut(table())
    case .json: writeOut(try JSON.text(value) + "\n")
    }
  }
}

/// Writes at once, also into a pipe.
func writeOut(_ text: String) { FileHandle.standardOutput.write(Data(text.utf8)) }

/// A remark beside the data.
func writeNote(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }
