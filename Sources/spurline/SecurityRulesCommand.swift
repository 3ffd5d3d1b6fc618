import ArgumentParser
import ConfigurationFile
import Control
import Model

struct SecurityRulesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "security-rules",
    abstract: "Shows the effective security rules of a network interface.",
    discussion: """
      The groups of the interface and of its subnet, each with its rules in the order in which they are asked, the \
      default rules too. Asks the instance that runs with the configuration, so that the tag VirtualNetwork holds what \
      has been learned by BGP; where none runs, the file decides. The JSON has the shape of Azure's effective network \
      security groups, and says what each tag holds.
      """)

  @Argument(help: "The network interface.")
  var nic: String

  @OptionGroup var instance: InstanceOptions

  @Flag(help: "Compute from the file, also if an instance runs.")
  var offline = false

  @Flag(help: "Print every address and port of a rule that has many.")
  var allPrefixes = false

  @OptionGroup var format: OutputOptions

  func validate() throws {
    guard !offline || instance.config != nil else {
      throw ValidationError("--offline needs --config FILE.")
    }
  }

  func run() throws {
    if !offline {
      do {
        try show(try instance.client().securityGroups(of: nic))
        writeNote("From the running instance.")
        return
      } catch ControlClientError.notRunning where instance.config != nil {
        // Said below, once there is something to show.
      }
    }
    let topology = try loadConfiguration(instance.config ?? "").topology
    let index = try topology.index(ofNetworkInterface: nic)
    if !offline { writeNote("No instance runs: computed from \(instance.config ?? "").") }
    try show(RoutingTables(topology: topology).effectiveSecurityGroups(ofNetworkInterface: index))
  }

  private func show(_ groups: EffectiveSecurityGroupList) throws {
    try format.print(groups) { groups.text(of: nic, allPrefixes: allPrefixes) }
  }
}
