import Foundation
import Glibc
import RouteSources
import TestSupport
import Testing
import Wire

/// Two BIRDs in two namespaces: on-premises announces, ours exports what it learns into table 100 of the
/// kernel, as on a gateway.
@Suite("R3: BGP routes live from BIRD", .needsRoot, .serialized)
struct BirdTests {
  /// A running BIRD in the foreground, with its configuration and its control socket in a folder of its own.
  private final class Bird {
    private let process = Process()
    private let folder: URL

    init(_ configuration: String, in namespace: TestNamespace) throws {
      folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("spurline-bird-\(UUID())")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try configure(configuration)
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments = [
        "ip", "netns", "exec", namespace.name, "bird", "-f", "-c", file.path, "-s", socket,
        "-P", folder.appendingPathComponent("pid").path,
      ]
      process.standardError = FileHandle.nullDevice
      try process.run()
    }

    /// Takes a changed configuration while it runs.
    func reload(_ configuration: String) throws {
      try configure(configuration)
      try Shell.run("birdc", "-s", socket, "configure")
    }

    private var file: URL { folder.appendingPathComponent("bird.conf") }
    private var socket: String { folder.appendingPathComponent("ctl").path }

    private func configure(_ text: String) throws { try Data(text.utf8).write(to: file) }

    deinit {
      // Not SIGTERM: threads of the concurrency pool block it, and their children inherit that.
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      try? FileManager.default.removeItem(at: folder)
    }
  }

  private static func onPremises(_ routes: [String]) -> String {
    """
    router id 192.0.2.2;
    protocol device {}
    protocol static announced {
      ipv4;
      \(routes.map { "route \($0) blackhole;" }.joined(separator: "\n  "))
    }
    protocol bgp azure {
      local 192.0.2.2 as 65002;
      neighbor 192.0.2.1 as 65001;
      connect delay time 1; connect retry time 1; error wait time 1, 2;
      ipv4 { import none; export where source = RTS_STATIC; next hop self; };
    }
    """
  }

  private static let gateway = """
    router id 192.0.2.1;
    protocol device { scan time 1; }
    protocol kernel {
      kernel table 100;
      ipv4 { import none; export all; };
    }
    protocol bgp onprem {
      local 192.0.2.1 as 65001;
      neighbor 192.0.2.2 as 65002;
      connect delay time 1; connect retry time 1; error wait time 1, 2;
      ipv4 { import all; export none; };
    }
    """

  @Test("a default and prefixes appear, a withdrawn one goes, and all go with the session")
  func session() throws {
    let gateway = try TestNamespace("bird-gw")
    let onPremises = try TestNamespace("bird-op")
    try gateway.batch([
      "link add spl0 type veth peer name spl0 netns \(onPremises.name)",
      "address add 192.0.2.1/24 dev spl0", "link set spl0 up",
    ])
    try onPremises.batch(["address add 192.0.2.2/24 dev spl0", "link set spl0 up"])
    struct Handed: @unchecked Sendable { var source: KernelRoutes }
    let handed = try gateway.enter {
      Handed(source: try KernelRoutes(table: 100, protocol: 12))
    }
    let follower = try RouteFollower(handed.source)
    #expect(follower.routes.isEmpty)

    let ours = try Bird(Self.gateway, in: gateway)
    var theirs: Bird? = try Bird(
      Self.onPremises(["0.0.0.0/0", "192.168.0.0/16", "20.60.26.0/25"]), in: onPremises)
    let all = [
      "0.0.0.0/0": "192.0.2.2", "192.168.0.0/16": "192.0.2.2", "20.60.26.0/25": "192.0.2.2",
    ]
    #expect(try follower.reaches(all))
    try theirs?.reload(Self.onPremises(["0.0.0.0/0", "192.168.0.0/16"]))
    #expect(
      try follower.reaches(all.filter { $0.key != "20.60.26.0/25" }))
    theirs = nil
    #expect(try follower.reaches([:]))
    withExtendedLifetime(ours) {}
  }
}
