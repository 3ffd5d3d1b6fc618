import ArgumentParser
import Control

struct EndpointCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "endpoint",
    abstract: "Switches service endpoints of a running instance.",
    discussion: """
      Enabling an endpoint sends a subnet's traffic to that service over the backbone, with private \
      sources. Enabling and disabling close the subnet's TCP connections to the service, as Azure does, \
      and touch no other flow. A switch lasts until the instance reloads or ends: the file says what it \
      starts with.

        spurline endpoint enable vnet1/app Microsoft.Storage --config lab.yaml
      """,
    subcommands: [Enable.self, Disable.self, List.self])

  struct Target: ParsableArguments {
    @Argument(help: "The subnet, as network/subnet, or its name where only one network has it.")
    var subnet: String

    @Argument(help: "The service, such as Microsoft.Storage.")
    var service: String
  }

  struct Enable: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "enable", abstract: "Enables a service on a subnet, in one step.")

    @OptionGroup var target: Target
    @Option(
      parsing: .upToNextOption,
      help: "Regions whose prefixes it covers; without it, what the service's scope gives.")
    var locations: [String] = []
    @OptionGroup var instance: InstanceOptions
    @OptionGroup var format: OutputOptions

    func run() throws {
      let report = try instance.client().switchEndpoint(
        EndpointRequest(
          subnet: target.subnet, service: target.service,
          locations: locations.isEmpty ? nil : locations, enabled: true))
      try format.print(report) { report.text() }
    }
  }

  struct Disable: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "disable", abstract: "Disables a service on a subnet, in one step.")

    @OptionGroup var target: Target
    @OptionGroup var instance: InstanceOptions
    @OptionGroup var format: OutputOptions

    func run() throws {
      let report = try instance.client().switchEndpoint(
        EndpointRequest(subnet: target.subnet, service: target.service, enabled: false))
      try format.print(report) { report.text() }
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "Lists the enabled endpoints.")

    @OptionGroup var instance: InstanceOptions
    @OptionGroup var format: OutputOptions

    func run() throws {
      let list = try instance.client().endpoints()
      try format.print(list) { list.text() }
    }
  }
}
