import ArgumentParser
import Control

struct FlowsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "flows", abstract: "Lists the live flows of a running instance.",
    discussion: """
      One line for each flow: the port that its first packet came in by, its addresses as they came in and \
      as they leave, its state (docs/packet-path.md), next hop and counts.
      """)

  @OptionGroup var instance: InstanceOptions
  @OptionGroup var format: OutputOptions

  func run() throws {
    let list = try instance.client().flows()
    try format.print(list) { list.text() }
  }
}
