import Foundation

/// Everybody who takes part in `bench replay`, and who is absent.
struct ReplayContest {
  var contestants: [Contestant] = []
  /// Sentences about who is not measured, or how.
  var remarks: [String] = []

  static let summary = "spurline replay"
  static let written = "spurline replay --write"
  static let lines = "spurline replay --verdicts"
  static let tcprewrite = "tcprewrite"
  static let loop = "libpcap loop"
  static let loopWriting = "libpcap loop, writing"

  /// - Parameters:
  ///   - spurline: the program.
  ///   - loop: the compiled Benchmarks/CaptureLoop, if there is one.
  ///   - scapyPackets: how many of the packets scapy takes.
  init(
    spurline: String, loop: String?, capture: String, configuration: String, folder: String,
    packets: Int, scapyPackets: Int
  ) {
    let replay = [spurline, "replay", capture, "--config", configuration]
    func add(
      _ name: String, _ arguments: [String], output: String? = nil, packets count: Int? = nil,
      timesItself: Bool = false
    ) {
      contestants.append(
        Contestant(
          name: name, arguments: arguments, output: output, packets: count ?? packets,
          timesItself: timesItself))
    }
    let file = { (name: String) in "\(folder)/\(name)" }
    add(Self.summary, replay)
    add(Self.written, replay + ["--write", file("replay.pcapng")], output: file("replay.pcapng"))
    add(Self.lines, replay + ["--verdicts", file("replay.jsonl")], output: file("replay.jsonl"))
    if let loop {
      add(Self.loop, [loop, "summary", capture])
      add(
        Self.loopWriting, [loop, "rewrite", capture, file("loop.pcap")], output: file("loop.pcap"))
    } else {
      remarks.append("Without the libpcap loop: it has not been built (cc, libpcap-dev).")
    }
    if let program = Command.find("tcprewrite") {
      add(
        Self.tcprewrite,
        [
          program, "--srcipmap=10.0.1.4/32:203.0.113.4/32", "--infile=\(capture)",
          "--outfile=\(file("tcprewrite.pcap"))",
        ], output: file("tcprewrite.pcap"))
    } else {
      remarks.append("Without tcprewrite: it is not installed (tcpreplay).")
    }
    if let program = Command.find("editcap") {
      add(
        "editcap, a copy", [program, "-F", "pcap", capture, file("editcap.pcap")],
        output: file("editcap.pcap"))
    } else {
      remarks.append("Without editcap: it is not installed (wireshark-common).")
    }
    // Debian's scapy belongs to Debian's Python; another may stand before it in PATH.
    if access("/usr/bin/scapy", X_OK) == 0, access("/usr/bin/python3", X_OK) == 0 {
      add(
        "scapy",
        ["/usr/bin/python3", "-c", Self.scapy, capture, file("scapy.pcap"), "\(scapyPackets)"],
        output: file("scapy.pcap"), packets: scapyPackets, timesItself: true)
      remarks.append(
        "scapy takes the first \(scapyPackets) packets, its start not counted; the rate is taken from those."
      )
    } else {
      remarks.append("Without scapy: it is not installed (python3-scapy).")
    }
  }

  /// Rewrites source addresses as the others do, checksums anew.
  private static let scapy = """
    import sys, time
    from scapy.all import PcapReader, PcapWriter, IP, TCP, UDP
    limit = int(sys.argv[3])
    start = time.monotonic()
    with PcapReader(sys.argv[1]) as source, PcapWriter(sys.argv[2]) as sink:
      for number, packet in enumerate(source):
        if number == limit: break
        if IP in packet and packet[IP].src == "10.0.1.4":
          packet[IP].src = "203.0.113.4"
          del packet[IP].chksum
          for layer in TCP, UDP:
            if layer in packet: del packet[layer].chksum
        sink.write(packet)
    print(time.monotonic() - start)
    """
}
