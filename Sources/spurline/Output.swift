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

/// Writes at once, also into a pipe. Where that fails (a full disk), the program ends with status 1.
func writeOut(_ text: String) {
  do {
    try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
  } catch {
    writeNote("Error: cannot write to standard output: \(error.localizedDescription)")
    Foundation.exit(1)
  }
}

/// A remark beside the data; nobody can be told where it cannot be written.
func writeNote(_ text: String) {
  try? FileHandle.standardError.write(contentsOf: Data((text + "\n").utf8))
}

/// A closed standard stream would be the next file that is opened, and what is printed would go into that.
func openStandardStreams() {
  for descriptor in Int32(0)...2 where fcntl(descriptor, F_GETFD) < 0 {
    _ = open("/dev/null", O_RDWR)
  }
}
