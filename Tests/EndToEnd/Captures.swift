import Foundation

extension RunningLab {
  /// Starts a capture of what comes by a device, and waits until it is there. A buffer of 64 MiB holds all that a test
  /// sends, however late tcpdump is. Not in immediate mode: there each packet, of whatever size, takes a slot of 256 KiB.
  /// - Parameter count: packets after which it ends; nil: it ends with the lab.
  /// - Returns: the file's path.
  func capture(
    _ name: String, in namespace: String, _ device: String, _ filter: String, count: Int? = nil
  ) throws -> String {
    let file = folder.file("\(name).pcap").path
    try start(
      name, in: namespace,
      ["tcpdump", "-U", "-B", "65536", "-ni", device, "-w", file]
        + (count.map { ["-c", "\($0)"] } ?? []) + [filter])
    try wait("the capture \(name)") { log(name).contains("listening on") }
    return file
  }

  /// Waits until a capture holds the end of a connection.
  func waitForEnd(of capture: String) throws {
    try wait("the capture's end") {
      try Program.run(["tcpdump", "-nr", capture, "tcp[tcpflags] & tcp-fin != 0"]).output
        .contains("Flags")
    }
  }
}

/// Wireshark, which verifies the checksums of all that was captured, and puts no streams together: that takes longer
/// than anything else.
enum Judge {
  /// - Parameters:
  ///   - fields: as Wireshark calls them; of a checksum's status 1 is good, 0 is bad.
  ///   - filter: which packets count, as Wireshark writes it.
  /// - Returns: the fields of each packet; several of one kind have commas between them.
  static func fields(
    _ fields: [String], of capture: String, where filter: String
  ) throws -> [[Substring]] {
    let options =
      ["tcp", "udp", "ip"].map { "\($0).check_checksum:TRUE" } + ["tcp.desegment_tcp_streams:FALSE"]
    let result = try Program.run(
      ["tshark", "-r", capture, "-T", "fields", "-Y", filter]
        + options.flatMap { ["-o", $0] } + fields.flatMap { ["-e", $0] })
    guard result.output != "" else { throw RunningLab.Failure(text: result.errors) }
    return result.output.split(separator: "\n").map {
      $0.split(separator: "\t", omittingEmptySubsequences: false)
    }
  }
}
