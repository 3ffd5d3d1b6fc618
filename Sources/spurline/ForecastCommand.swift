import ArgumentParser
import ConfigurationFile
import Control
import Dataplane
import Model
import Replay

struct ForecastCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "forecast",
    abstract: "Says what switching a service endpoint would do, and changes nothing.",
    discussion: """
      Which connections will be closed, which firewall rules will stop matching and which requests will then be \
      denied, on which destinations precedence models will part, and the steps in a safe order. It is worked out \
      by the code that forwards and admits.

        spurline forecast enable vnet1/app Microsoft.Storage --config lab.yaml
        spurline forecast enable prod/batch Microsoft.Storage --config net.yaml --capture vm.pcap

      Asks the instance that runs with the configuration about its live flows. With --capture the flows are those \
      that are open when the capture ends, and with --offline there are none: then the file decides.
      """,
    subcommands: [Enable.self, Disable.self])

  struct Enable: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "enable", abstract: "What enabling a service on a subnet would do.")

    @OptionGroup var target: EndpointCommand.Target
    @Option(
      parsing: .upToNextOption,
      help: "Regions whose prefixes it covers; without it, what the service's scope gives.")
    var locations: [String] = []
    @OptionGroup var source: ForecastSource
    @OptionGroup var format: OutputOptions

    func run() throws {
      let forecast = try source.forecast(
        EndpointRequest(
          subnet: target.subnet, service: target.service,
          locations: locations.isEmpty ? nil : locations, enabled: true))
      try format.print(forecast) { forecast.text(all: source.allDestinations) }
    }
  }

  struct Disable: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "disable", abstract: "What disabling a service on a subnet would do.")

    @OptionGroup var target: EndpointCommand.Target
    @OptionGroup var source: ForecastSource
    @OptionGroup var format: OutputOptions

    func run() throws {
      let forecast = try source.forecast(
        EndpointRequest(subnet: target.subnet, service: target.service, enabled: false))
      try format.print(forecast) { forecast.text(all: source.allDestinations) }
    }
  }
}

/// Where a forecast takes the flows from.
struct ForecastSource: ParsableArguments {
  @OptionGroup var instance: InstanceOptions

  @Option(
    help: ArgumentHelp(
      "Take the flows from this capture; - reads standard input.", valueName: "file"))
  var capture: String?

  @Option(
    help: ArgumentHelp(
      "The capture was taken at this network interface, and holds both directions.",
      valueName: "name"))
  var nic: String?

  @Option(
    help: ArgumentHelp(
      "The capture was taken at this port, and holds what arrived there.",
      discussion: "internet, gateway, backbone; of several gateways, gateway/NETWORK."))
  var port: String?

  @Flag(help: "Go by the file alone, without any flow.")
  var offline = false

  @Flag(help: "Print all destinations on which precedence models will part.")
  var allDestinations = false

  func validate() throws {
    if capture != nil || offline, instance.config == nil {
      throw ValidationError(
        "--capture and --offline need --config FILE: it says what the ports are.")
    }
    guard capture == nil || !offline else {
      throw ValidationError("--capture has flows, --offline has none: give one of them.")
    }
    guard nic == nil || port == nil else {
      throw ValidationError("A capture is taken in one place: give --nic or --port, not both.")
    }
    guard capture != nil || nic == nil && port == nil else {
      throw ValidationError(
        "--nic and --port say where a capture was taken: they need --capture FILE.")
    }
  }

  func forecast(_ request: EndpointRequest) throws -> Forecast {
    guard capture != nil || offline else { return try instance.client().forecast(request) }
    let configuration = try loadConfiguration(instance.config ?? "")
    var job = ReplayJob(
      configuration: configuration, capture: capture == "-" ? "/dev/stdin" : capture ?? "")
    let change = try EndpointSwitch(request, in: job.snapshot.topology)
    for kernel in configuration.kernelBGP {
      writeNote(
        "Routes that BGP puts into kernel table \(kernel.table) are not known here: write those "
          + "that matter under bgp.routes.")
    }
    var census = FlowCensus(job.snapshot)
    if capture != nil {
      job.options.place = try PortAssignment.Place(
        networkInterface: nic, worldPort: port, in: job.snapshot)
      let (flows, captureError) = try job.census()
      if let captureError { writeNote("The capture ends early: \(captureError)") }
      census = flows
    }
    return Forecast(census, change, tables: job.snapshot.routing)
  }
}
