import ConfigurationFile
import Foundation
import Glibc
import Logging
import Testing

@testable import Lab

/// A lab of its own for each test, called after the process so that parallel runs do not meet.
struct TestLab {
  let lab: NamespaceLab
  let name: String

  init(_ label: String, _ section: String = TestLab.small, tap: Bool = false) throws {
    name = Self.name(label)
    lab = try NamespaceLab(Self.configuration(name: name, section, tap: tap))
  }

  static func name(_ label: String) -> String { "t\(getpid())\(label)" }

  /// Two NICs and two ports of a dataplane, for a `lab:` section to attach to.
  static func configuration(
    name: String, _ section: String, tap: Bool = false, guestAddress: String = "private"
  ) throws -> Configuration {
    let vm2 =
      tap ? "{ tap: vm2, namespace: spl-\(name)-vm2, mtu: 1400 }" : "{ device: vm2, mtu: 1400 }"
    let text = """
      name: \(name)
      virtualNetworks:
        - name: vnet1
          id: 4097
          location: westeurope
          addressSpace: { addressPrefixes: [10.0.0.0/16, "fd00:1::/48"] }
          subnets:
            - { name: app, addressPrefixes: [10.0.1.0/24, "fd00:1:0:1::/64"] }
            - { name: GatewaySubnet, addressPrefix: 10.0.255.0/27 }
      networkInterfaces:
        - name: vm1
          subnet: vnet1/app
          macAddress: 02:00:0a:00:01:04
          ipConfigurations:
            - { privateIPAddress: 10.0.1.4, publicIPAddress: 203.0.113.4 }
            - { privateIPAddress: "fd00:1:0:1::4" }
          guestAddress: \(guestAddress)
          port: { device: vm1 }
        - name: vm2
          subnet: vnet1/app
          macAddress: 02:00:0a:00:01:05
          ipConfigurations:
            - { privateIPAddress: 10.0.1.5 }
          port: \(vm2)
      ports:
        internet:
          device: internet
          macAddress: 02:00:00:00:01:01
          peerMacAddress: 02:00:00:00:01:02
          addresses: [192.0.2.1]
      lab:
      \(section)
      """
    return try ConfigurationLoader.load(text: text, path: "test.yaml")
  }

  static let small = """
      namespaces:
        - { name: vm1, networkInterface: vm1 }
        - { name: vm2, networkInterface: vm2 }
        - name: internet
          port: internet
          addresses: [192.0.2.2/30]
          loopbackAddresses: [198.51.100.80/32]
          ipForwarding: true
          routes: [{ destination: 203.0.113.0/24, via: 192.0.2.1 }, { destination: 20.0.0.0/8, via: 192.0.2.6 }]
        - name: services
          loopbackAddresses: [20.60.26.132/32, "2001:db8:60::1/128"]
          routes: [{ destination: 0.0.0.0/0, via: 192.0.2.5 }, { destination: "::/0", via: "2001:db8:5::5" }]
      links:
        - ends:
            - { namespace: internet, device: services, addresses: [192.0.2.5/30, "2001:db8:5::5/64"] }
            - { namespace: services, device: internet, addresses: [192.0.2.6/30, "2001:db8:5::6/64"] }
        - ends:
            - { namespace: fabric, device: bgp, addresses: [169.254.4.1/30] }
            - { namespace: internet, device: bgp, addresses: [169.254.4.2/30] }
    """

  func netns(_ namespace: String) -> String { "spl-\(name)-\(namespace)" }

  @discardableResult
  func ip(_ namespace: String, _ arguments: String...) throws -> String {
    try IPRoute2.run(["-n", netns(namespace)] + arguments)
  }

  func shell(_ namespace: String, _ script: String) throws -> String {
    try IPRoute2.shell(script, in: netns(namespace))
  }

  /// The lab's namespaces that exist, whatever made them.
  var remaining: [String] { NamedNamespaces.all().filter { $0.hasPrefix("spl-\(name)") } }

  /// Runs a test against the lab and removes it, also when the test fails.
  func whileUp(_ body: () throws -> Void) throws {
    defer { _ = try? lab.down() }
    try lab.up()
    try body()
  }
}

extension Trait where Self == ConditionTrait {
  /// In CI the tests run, and fail where there are no namespaces.
  static var needsRoot: Self {
    .enabled(
      if: geteuid() == 0 || ProcessInfo.processInfo.environment["CI"] != nil,
      "network namespaces need root")
  }
}
