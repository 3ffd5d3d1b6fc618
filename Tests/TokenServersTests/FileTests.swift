import Foundation
import Testing
import Tokens

@testable import TokenServers

@Suite("I7: the files of directory and store")
struct FileTests {
  private let folder = try! TemporaryDirectory()

  @Test("who may sign in: a line for each")
  func principals() throws {
    let path = try folder.write("# people\nada  lovelace\n\n\tgrace hopper \r\n", to: "principals")
    let principals = try Principals.read(path: path)
    #expect(principals.accepts("ada", secret: "lovelace"))
    #expect(principals.accepts("grace", secret: "hopper"))
    for (name, secret) in [
      ("ada", "hopper"), ("ada", "lovelac"), ("ada", "lovelace1"), ("ada", ""), ("", ""),
      ("#", "people"), ("Ada", "lovelace"),
    ] {
      #expect(!principals.accepts(name, secret: secret), "\(name) \(secret)")
    }
  }

  @Test(
    "a bad line is refused by its number",
    arguments: [
      ("ada lovelace\nada again", "principals:2: names 'ada' a second time"),
      ("\nada", "principals:2: has 1 words; it must have a name and a secret"),
      ("ada b c", "principals:1: has 3 words; it must have a name and a secret"),
      (
        "ada \(String(repeating: "x", count: 257))",
        "principals:1: is too long: a name and a secret have 256 bytes at most"
      ),
      ("# nobody\n", "principals: names nobody who could sign in"),
    ])
  func badPrincipals(_ text: String, _ sentence: String) {
    let error = #expect(throws: TokenServerError.self) {
      try Principals(parsing: Data(text.utf8), path: "principals")
    }
    #expect(error?.description == sentence)
  }

  @Test(
    "bytes that are no text are refused by their line, and a file that is not there by its name")
  func unreadablePrincipals() {
    let error = #expect(throws: TokenServerError.self) {
      try Principals(parsing: Data([0x61, 0x0a, 0xff, 0xfe]), path: "p")
    }
    // The first line is bad, too.
    #expect(error?.description == "p:1: has 1 words; it must have a name and a secret")
    let bytes = #expect(throws: TokenServerError.self) {
      try Principals(parsing: Data([0x0a, 0xff, 0xfe]), path: "p")
    }
    #expect(bytes?.description == "p:2: is not UTF-8")
    let missing = #expect(throws: TokenServerError.self) {
      try Principals.read(path: folder.path + "/none")
    }
    #expect(missing?.description.hasPrefix("\(folder.path)/none: cannot be read: ") == true)
  }

  @Test("a key pair is made once, for its owner alone, and read from then on")
  func keys() async throws {
    let (key, publicKey) = (folder.path + "/key.pem", folder.path + "/public.pem")
    let first = try await KeyFiles.issuer(
      named: Lake.issuer, privateKey: key, publicKey: publicKey)
    let mode = try FileManager.default.attributesOfItem(atPath: key)[.posixPermissions]
    #expect(mode as? Int == 0o600)
    let second = try await KeyFiles.issuer(named: Lake.issuer, privateKey: key, publicKey: nil)
    #expect(first.publicKey == second.publicKey)
    let verifier = try await KeyFiles.verifier(
      issuer: Lake.issuer, audience: Lake.audience, publicKey: publicKey)
    let token = try await second.token(for: "ada", audience: Lake.audience, network: nil)
    #expect(try await verifier.verify(token).sub == "ada")
  }

  @Test("what is no key is refused by the file's name, and never written over")
  func badKeys() async throws {
    let path = try folder.write("precious", to: "key.pem")
    await #expect(throws: TokenServerError.notAKey(path: path)) {
      try await KeyFiles.issuer(named: Lake.issuer, privateKey: path, publicKey: nil)
    }
    await #expect(throws: TokenServerError.notAKey(path: path)) {
      try await KeyFiles.verifier(issuer: "i", audience: "a", publicKey: path)
    }
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
    let error = await #expect(throws: TokenServerError.self) {
      try await KeyFiles.verifier(issuer: "i", audience: "a", publicKey: path + "x")
    }
    #expect(error?.description == "\(path)x: cannot be read: there is no such file")
    let unwritable = folder.path + "/no/key.pem"
    let cannot = await #expect(throws: TokenServerError.self) {
      try await KeyFiles.issuer(named: Lake.issuer, privateKey: unwritable, publicKey: nil)
    }
    #expect(
      cannot?.description == "\(unwritable): cannot be written: No such file or directory")
  }

  @Test("a folder serves its files, and nothing that is elsewhere")
  func served() throws {
    let root = folder.path + "/root"
    try FileManager.default.createDirectory(
      atPath: root + "/deep", withIntermediateDirectories: true)
    _ = try folder.write("secret", to: "outside")
    _ = try folder.write("hello", to: "root/deep/file")
    try FileManager.default.createSymbolicLink(
      atPath: root + "/out", withDestinationPath: "../outside")
    try FileManager.default.createSymbolicLink(
      atPath: root + "/in", withDestinationPath: "deep/file")
    #expect(mkfifo(root + "/fifo", 0o600) == 0)
    let served = try ServedFolder(path: root)
    let file = try served.open(["deep", "file"])
    #expect(file.size == 5)
    #expect(try file.read(upTo: 3) == Array("hel".utf8))
    #expect(try file.read(upTo: 9) == Array("lo".utf8))
    #expect(try file.read(upTo: 9).isEmpty)
    #expect(try served.open(["in"]).size == 5)
    for names in [["out"], ["none"], ["deep"], ["fifo"], [], ["deep", "file", "x"]] {
      #expect(throws: ServedFolder.Problem.notFound, "\(names)") { try served.open(names) }
    }
    for name in ["..", ".", "", "../outside", "a\0b"] {
      #expect(throws: ServedFolder.Problem.badName(name)) { try served.open(["deep", name]) }
    }
    #expect(throws: TokenServerError.self) { try ServedFolder(path: root + "/deep/file") }
    #expect(throws: TokenServerError.self) { try ServedFolder(path: root + "/none") }
  }
}
