import ArgumentParser
import Control

struct CountersCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "counters",
    abstract: "Shows what a running instance has counted.",
    discussion: """
      Packets by port, verdict, reason for a drop, next-hop type and service; what the kernel and the \
      interfaces lost; and whether received = forwarded + answered + dropped.
      """)

  @OptionGroup var instance: InstanceOptions
  @OptionGroup var format: OutputOptions

  func run() throws {
    let report = try instance.client().counters()
    try format.print(report) { report.text() }
  }
}
