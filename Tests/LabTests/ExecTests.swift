import Foundation
import Glibc
import Testing

@testable import Lab

@Suite("programs in a lab's namespaces", .needsRoot, .serialized)
struct ExecTests {
  private static let one = "  namespaces:\n    - { name: vm1, networkInterface: vm1 }\n"

  /// Up, and down at the end.
  private func withLab(_ label: String, _ body: (String) async -> Void) async throws {
    let test = try TestLab(label, Self.one)
    try test.lab.up()
    await body(test.name)
    try test.lab.down()
  }

  @Test("the exit status is passed on")
  func exitStatus() async throws {
    try await withLab("exit") { name in
      await #expect(processExitsWith: .exitCode(7)) { [name = name as String] in
        let lab = try NamespaceLab(TestLab.configuration(name: name, Self.one))
        try lab.exec(namespace: "vm1", arguments: ["sh", "-c", "exit 7"])
      }
    }
  }

  @Test("it runs inside, and no signal is blocked")
  func inside() async throws {
    try await withLab("inside") { name in
      await #expect(processExitsWith: .success) { [name = name as String] in
        let lab = try NamespaceLab(TestLab.configuration(name: name, Self.one))
        let script = """
          ip address show dev eth0 | grep -q 'inet 10.0.1.4/24' &&
          grep -q '^SigBlk:.0000000000000000$' /proc/self/status
          """
        try lab.exec(namespace: "spl-\(name)-vm1", arguments: ["sh", "-c", script])
      }
    }
  }

  @Test("a namespace that is not in the file, and one that is not up")
  func absent() throws {
    let test = try TestLab("absent", Self.one)
    #expect(throws: LabError.unknownNamespace("vm9", known: ["fabric", "vm1"])) {
      try test.lab.exec(namespace: "vm9", arguments: ["true"])
    }
    #expect(throws: LabError.notUp(netns: test.netns("vm1"))) {
      try test.lab.exec(namespace: "vm1", arguments: ["true"])
    }
  }

  @Test("without root everything is refused with a sentence")
  func notRoot() async {
    await #expect(processExitsWith: .exitCode(42)) {
      let lab = try NamespaceLab(TestLab.configuration(name: "root", Self.one))
      guard seteuid(65534) == 0 else { exit(1) }
      for action in [lab.up, { try lab.down() }, { _ = try lab.status() }] as [() throws -> Void] {
        do {
          try action()
          exit(2)
        } catch LabError.notRoot {
          continue
        }
      }
      exit(42)
    }
  }
}
