import Foundation
import TestSupport
import Testing

@testable import PacketIO

@Suite("Published captures are read as Wireshark reads them", .needsSharedData)
struct PublishedCaptureTests {
  /// Rows of capinfos.csv: a file and how many packets Wireshark counts in it.
  private static func counted() throws -> [(file: String, packets: Int)] {
    let table = try String(contentsOfFile: SharedData.path("pcap/capinfos.csv"), encoding: .utf8)
    return table.split(separator: "\n").dropFirst().map { line in
      let fields = line.split(separator: ",", omittingEmptySubsequences: false)
      return (String(fields[0].dropFirst(2)), Int(fields[fields.count - 2])!)
    }
  }

  @Test("Every file has the packet count of capinfos.csv")
  func counts() throws {
    var checked = 0
    var absent = 0
    for (file, packets) in try Self.counted() {
      let path = try SharedData.path("pcap/\(file)")
      guard FileManager.default.fileExists(atPath: path) else {
        absent += 1
        continue
      }
      let capture = ReadCapture(path)
      #expect(capture.packets.count == packets, "\(file): \(String(describing: capture.error))")
      // None of them is cut short or damaged as a file; what is malformed is inside packets.
      #expect(capture.error == nil)
      checked += 1
    }
    print("\(checked) captures counted; \(absent) of capinfos.csv are not in the folder")
    #expect(checked >= 800)
  }

  @Test("Files that capinfos.csv does not know are read as well")
  func others() throws {
    let counted = Set(try Self.counted().map(\.file))
    let folder = try SharedData.path("pcap")
    let files = try FileManager.default.subpathsOfDirectory(atPath: folder)
      .filter { name in ["pcap", "pcapng", "cap", "gz"].contains { name.hasSuffix(".\($0)") } }
      .filter { !counted.contains($0) }.sorted()
    for file in files {
      let capture = ReadCapture("\(folder)/\(file)")
      #expect(capture.error == nil)
      #expect(!capture.packets.isEmpty, "\(file)")
    }
  }

  @Test("libpcap gives the same packets, of every file that it takes to its end")
  func agreement() throws {
    var compared = 0
    for (file, _) in try Self.counted() {
      let path = try SharedData.path("pcap/\(file)")
      guard FileManager.default.fileExists(atPath: path) else { continue }
      let byUs = ReadCapture(path)
      let byLibpcap = ReadCapture(byLibpcap: path)
      // Interfaces that differ.
      guard byLibpcap.error == nil else { continue }
      #expect(byUs.packets.map(\.asLibpcapSaysIt) == byLibpcap.packets, "\(file)")
      #expect(ReadCapture(inBatches: path).packets == byUs.packets, "\(file)")
      compared += 1
    }
    #expect(compared >= 750)
  }
}

extension ReadPacket {
  /// libpcap does not say the interface, and has another number for packets without a link header.
  var asLibpcapSaysIt: ReadPacket {
    var packet = self
    packet.interface = nil
    if packet.linkType == 101 { packet.linkType = 12 }
    return packet
  }
}
