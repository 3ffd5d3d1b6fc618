import ArgumentParser
import ConfigurationFile
import Control
import Model

/// Which running instance is meant.
struct InstanceOptions: ParsableArguments {
  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "The configuration file; the instance that runs with it is asked.", valueName: "file"))
  var config: String?

  @Option(help: ArgumentHelp("The instance with this control socket.", valueName: "path"))
  var socket: String?

  @Option(help: "Of a configuration with a service edge: which of its two instances.")
  var role: Role = .fabric

  func validate() throws {
    guard config != nil || socket != nil else {
      throw ValidationError("Say which instance is meant: --config FILE or --socket PATH.")
    }
  }

  func client() throws -> ControlClient {
    if let socket { return ControlClient(socket: socket) }
    return ControlClient(socket: try loadConfiguration(config ?? "").forRole(role).controlSocket)
  }
}
