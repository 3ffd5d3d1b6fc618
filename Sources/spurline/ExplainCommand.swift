import ArgumentParser
import ConfigurationFile
import Control
import Dataplane
import Foundation
import Model
import Replay

struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Shows every step of the decision on one packet.",
    usage: """
      spurline explain PORT PROTOCOL SOURCE[:PORT] DESTINATION[:PORT] --config FILE
      spurline explain PORT --hex HEX --config FILE
      spurline explain [PORT] --capture FILE --packet N --config FILE
      """,
    discussion: """
      Every stage's decision, every route that holds the destination and why it lost, the precedence model, \
      the rewrite, the verdict: written down by the code that forwards. Nothing is sent.

        spurline explain vm1 tcp 10.0.1.4:40000 20.60.26.132:443 --config lab.yaml
        tcpdump -xr vm.pcap -c 1 | spurline explain vm1 --hex - --config lab.yaml

      Asks the instance that runs with the configuration, so that live BGP routes, switched endpoints and \
      known flows count; where none runs, the file decides. A packet of a capture is always explained from \
      the file, after the packets before it, and finds its port as in `spurline replay`.
      """)

  @Argument(
    help: ArgumentHelp(
      "Port, protocol, source and destination: vm1 tcp 10.0.1.4:40000 20.60.26.132:443.",
      valueName: "packet"))
  var words: [String] = []

  @Option(
    help: ArgumentHelp(
      "The port it arrives at: a network interface, that and -platform, internet, gateway or backbone.",
      valueName: "port"))
  var from: String?

  @Option(
    name: .customLong("protocol"),
    help: ArgumentHelp("tcp, udp, icmp, icmpv6 or a number.", valueName: "name"))
  var transport: String?

  @Option(help: ArgumentHelp("Source address, with or without :port.", valueName: "address"))
  var source: String?

  @Option(help: ArgumentHelp("Destination address, with or without :port.", valueName: "address"))
  var destination: String?

  @Option(help: ArgumentHelp("Source port.", valueName: "number"))
  var sourcePort: UInt16?

  @Option(help: ArgumentHelp("Destination port.", valueName: "number"))
  var destinationPort: UInt16?

  @Option(
    help: ArgumentHelp(
      "An Ethernet frame or IP packet in hexadecimal, dumps of tcpdump -x and xxd too; - reads it.",
      valueName: "digits"))
  var hex: String?

  @Flag(help: "The hexadecimal digits are an IP packet, whatever they look like.")
  var rawIp = false

  @Option(help: ArgumentHelp("A capture to take the packet from.", valueName: "file"))
  var capture: String?

  @Option(help: ArgumentHelp("The packet's number in the capture, from 1.", valueName: "number"))
  var packet: Int?

  @OptionGroup var instance: InstanceOptions

  @Flag(help: "Decide by the file, also if an instance runs.")
  var offline = false

  @OptionGroup var format: OutputOptions

  /// The positional words and the options, brought together.
  private struct Request {
    var port: String?
    var transport: String?
    var source: String?
    var destination: String?
  }

  private var request: Request {
    let word = { (index: Int) -> String? in index < words.count ? words[index] : nil }
    return Request(
      port: word(0) ?? from, transport: word(1) ?? transport, source: word(2) ?? source,
      destination: word(3) ?? destination)
  }

  func validate() throws {
    guard instance.config != nil else {
      throw ValidationError("explain needs --config FILE: it says what the ports are.")
    }
    guard words.count <= 4 else {
      throw ValidationError("'\(words[4])' is too much: write PORT PROTOCOL SOURCE DESTINATION.")
    }
    for (index, option) in [
      ("from", from), ("protocol", transport), ("source", source), ("destination", destination),
    ]
    .enumerated() where index < words.count && option.1 != nil {
      throw ValidationError("'\(words[index])' and --\(option.0) say the same thing; give one.")
    }
    guard (capture == nil) == (packet == nil) else {
      throw ValidationError("--capture FILE and --packet NUMBER belong together.")
    }
    if let packet, packet < 1 {
      throw ValidationError("Packets are numbered from 1.")
    }
    let words = request.transport != nil || request.source != nil || request.destination != nil
    let forms = [words, hex != nil, capture != nil].count { $0 }
    guard forms == 1 else {
      throw ValidationError(
        "Give the packet in one way: PROTOCOL SOURCE DESTINATION, --hex, or --capture and --packet."
      )
    }
    if words {
      guard request.port != nil, request.transport != nil, request.source != nil,
        request.destination != nil
      else {
        throw ValidationError(
          "A packet in words needs the port it arrives at, protocol, source and destination, such as "
            + "vm1 tcp 10.0.1.4:40000 20.60.26.132:443.")
      }
    }
  }

  func run() throws {
    let configuration = try loadConfiguration(instance.config ?? "")
    var job = ReplayJob(configuration: configuration, capture: capture ?? "")
    let port = try request.port.map { try job.snapshot.namedPort($0) }
    if let packet {
      if let port {
        job.options.place =
          if case .networkInterface = port.kind { .networkInterface(port.id) } else {
            .port(port.id)
          }
      }
      return try show(try job.explain(packet: packet))
    }
    let frame: [UInt8]
    if let hex {
      frame = try frameFromHex(hex, at: port)
    } else {
      guard let port else { throw CleanExit.helpRequest(self) }
      frame = try probe().frame(at: port)
    }
    if let port, let live = try liveExplanation(of: frame, at: port, configuration) {
      writeNote("From the running instance.")
      return try show(live)
    }
    try show(try job.snapshot.explain(frame: frame, at: port?.id))
  }

  /// Nil where no instance runs.
  private func liveExplanation(
    of frame: [UInt8], at port: PortRecord, _ configuration: Configuration
  ) throws -> PacketExplanation? {
    guard !offline else { return nil }
    let client = ControlClient(socket: instance.socket ?? configuration.controlSocket)
    do {
      return PacketExplanation(
        port: port.name,
        explanation: try client.explain(ExplainRequest(port: port.name, frame: Data(frame))))
    } catch ControlClientError.notRunning where instance.socket == nil {
      writeNote("No instance runs: decided by \(configuration.path).")
      return nil
    }
  }

  private func probe() throws -> PacketProbe {
    var tuple = try FiveTuple(
      protocol: request.transport ?? "", source: request.source ?? "",
      destination: request.destination ?? "")
    tuple.sourcePort = sourcePort ?? tuple.sourcePort
    tuple.destinationPort = destinationPort ?? tuple.destinationPort
    return try PacketProbe(tuple)
  }

  private func frameFromHex(_ hex: String, at port: PortRecord?) throws -> [UInt8] {
    let text =
      hex == "-"
      ? String(decoding: FileHandle.standardInput.readDataToEndOfFile(), as: UTF8.self) : hex
    return try HexInput.frame(try HexInput.bytes(text), isRawIP: rawIp ? true : nil, at: port)
  }

  private func show(_ explanation: PacketExplanation) throws {
    try format.print(explanation) { explanation.text() }
  }
}

extension PacketExplanation {
  func text() -> String {
    let width = explanation.steps.map(\.stage.count).max() ?? 0
    var text = ""
    for step in explanation.steps where step.stage != "verdict" {
      let padding = String(repeating: " ", count: width - step.stage.count)
      text += "\(step.stage)\(padding)  \(step.text)\n"
    }
    if let route = explanation.route {
      text += "\nRoutes that hold \(route.destination), by the model \(route.model.rawValue):\n"
      var table = Table(
        .text("Result"), .text("Origin"), .text("Prefix"), .text("Next Hop Type"),
        .text("Next Hop"),
        .text("Name"), .text("Why Not"))
      for candidate in route.candidates {
        table.add(
          candidate.lostBecause == nil ? "won" : "lost", candidate.route.origin.rawValue,
          candidate.route.prefix, candidate.route.nextHopType.rawValue,
          candidate.route.nextHop ?? "",
          candidate.route.name ?? candidate.route.serviceTag ?? "", candidate.lostBecause ?? "")
      }
      text += route.candidates.isEmpty ? "none\n" : table.text()
    }
    return text
      + "\nVerdict: \(explanation.verdict) (\(explanation.verdictDetail)). \(explanation.sentence)\n"
  }
}
