import Foundation
import Glibc

/// Somebody who forwards between the two guests.
struct IperfContestant {
  var name: String
  /// Plugs the guests in and starts it; what it returns ends it and unplugs them.
  var start: (IperfWire) throws -> () -> Void

  static let linux = "Linux forwarding, veth"

  /// - Parameters:
  ///   - spurline: the program.
  ///   - temporary: a folder for logs and configurations.
  static func all(spurline: String, temporary: String) -> [IperfContestant] {
    [
      kernel, ours(nil, spurline, temporary),
      ours("xdp", spurline, temporary), ours("ring", spurline, temporary),
      ours("pcap", spurline, temporary),
    ]
  }

  private static var kernel: IperfContestant {
    IperfContestant(name: linux) { wire in
      try wire.plugVeth()
      for guest in [wire.client, wire.server] {
        try Command.run(
          "ip", "-n", wire.router, "addr", "add", "\(guest.gateway)/24", "dev", guest.routerDevice)
      }
      try Command.run(
        "ip", "netns", "exec", wire.router, "sysctl", "-qw", "net.ipv4.ip_forward=1")
      return { wire.unplug() }
    }
  }

  /// - Parameter backend: of veth ports; nil is TAPs.
  private static func ours(
    _ backend: String?, _ spurline: String, _ temporary: String
  ) -> IperfContestant {
    IperfContestant(name: "Spurline, " + (backend.map { "veth, \($0)" } ?? "TAP")) { wire in
      if backend == nil { try wire.plugTAP() } else { try wire.plugVeth() }
      let file = "\(temporary)/iperf.yaml"
      try configuration(
        wire, isTAP: backend == nil, socket: "\(temporary)/control.sock"
      ).write(toFile: file, atomically: true, encoding: .utf8)
      let log = "\(temporary)/spurline.log"
      let process = try Command.start(
        [spurline, "run", "--namespace", wire.router, "--io", backend ?? "auto", file], log: log)
      let end = {
        Command.end(process)
        wire.unplug()
      }
      let text = { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }
      let deadline = monotonicNanoseconds() + 15_000_000_000
      while !text().contains("forwarding in namespace") {
        guard process.isRunning, monotonicNanoseconds() < deadline else {
          end()
          throw BenchmarkError("it does not forward: \(text().suffix(300))")
        }
        usleep(50_000)
      }
      return end
    }
  }

  private static func configuration(_ wire: IperfWire, isTAP: Bool, socket: String) -> String {
    let nic = { (name: String, subnet: String, guest: IperfWire.Guest) in
      let port =
        isTAP
        ? "{ tap: eth0, namespace: \(guest.namespace) }" : "{ device: \(guest.routerDevice) }"
      return """
          - name: \(name)
            subnet: vnet/\(subnet)
            macAddress: \(guest.mac)
            ipConfigurations: [{ privateIPAddress: \(guest.address) }]
            port: \(port)

        """
    }
    return """
      name: iperf
      virtualNetworks:
        - name: vnet
          id: 1
          location: westeurope
          addressSpace: { addressPrefixes: [10.0.0.0/16] }
          subnets:
            - { name: one, addressPrefix: 10.0.1.0/24 }
            - { name: two, addressPrefix: 10.0.2.0/24 }
      networkInterfaces:
      \(nic("client", "one", wire.client))\(nic("server", "two", wire.server))
      ports: {}
      control: { socket: \(socket) }

      """
  }
}
