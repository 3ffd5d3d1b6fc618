import ConfigurationFile
import Foundation
import Testing

@testable import Replay

/// The captures of other projects, beside the checkout or where SPURLINE_DATA says.
enum SharedCaptures {
  static let packageRoot = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  static let directory: URL? = {
    let beside = packageRoot.appendingPathComponent("../shared/data").standardizedFileURL
    let candidates =
      [beside]
      + (ProcessInfo.processInfo.environment["SPURLINE_DATA"].map { [URL(fileURLWithPath: $0)] }
        ?? [])
    let found = candidates.map { $0.appendingPathComponent("pcap") }
      .first {
        FileManager.default.fileExists(atPath: $0.appendingPathComponent("capinfos.csv").path)
      }
    if found == nil { print("SKIPPED: no captures at ../shared/data/pcap; set SPURLINE_DATA") }
    return found
  }()

  static var isAbsentOutsideCI: Bool {
    directory == nil && ProcessInfo.processInfo.environment["CI"] == nil
  }

  /// Captures with Wireshark's packet counts. Files that the list has and the folder has not are named.
  static func listing() throws -> [(path: String, packets: Int)] {
    let directory = try #require(directory, "no captures, and CI needs them")
    let text = try String(
      contentsOf: directory.appendingPathComponent("capinfos.csv"), encoding: .utf8)
    var absent: [String] = []
    var listing: [(path: String, packets: Int)] = []
    for line in text.split(whereSeparator: \.isNewline).dropFirst() {
      // File names hold no commas.
      let fields = line.split(separator: ",", omittingEmptySubsequences: false)
      let path = directory.appendingPathComponent(String(fields[0])).path
      if FileManager.default.fileExists(atPath: path) {
        listing.append((path, try #require(Int(fields[6]), "\(line)")))
      } else {
        absent.append(String(fields[0]))
      }
    }
    if !absent.isEmpty { print("\(absent.count) captures of capinfos.csv are not in the folder") }
    return listing
  }
}

@Suite("Real captures", .disabled(if: SharedCaptures.isAbsentOutsideCI, "no shared data"))
struct SharedCaptureTests {
  @Test("Every packet of every capture has one verdict, and the sums agree")
  func everyCapture() throws {
    let scratch = try Scratch()
    let configuration = try ConfigurationLoader.load(
      path: SharedCaptures.packageRoot.appendingPathComponent("examples/forced-tunnel.yaml").path)
    let listing = try SharedCaptures.listing()
    #expect(listing.count >= 800)
    for (file, packets) in listing {
      let replayed = try Replayed(file, configuration, scratch: scratch)
      #expect(replayed.report.summary.captureError == nil, "\(file)")
      #expect(replayed.lines.count == packets, "\(file)")
      #expect(replayed.report.summary.packets == packets, "\(file)")
      #expect(replayed.report.summary.isBalanced, "\(file)")
      // Where everything is said to arrive at one NIC, every frame goes through the whole path.
      let forced = try Replayed(file, configuration, scratch: scratch) {
        $0.options.place = .port($0.snapshot.ports[2].id)
      }
      #expect(forced.report.summary.packets == packets, "\(file)")
      #expect(forced.report.summary.isBalanced, "\(file)")
    }
  }

  @Test("Real captures come out the same with and without a flow table, in batches of any size")
  func sameBytes() throws {
    let scratch = try Scratch()
    let configuration = try ConfigurationLoader.load(
      path: SharedCaptures.packageRoot.appendingPathComponent("examples/forced-tunnel.yaml").path)
    for (file, packets) in try SharedCaptures.listing() where packets < 1_000 {
      func replay(_ batchSize: Int, _ usesFlowTable: Bool) throws -> Replayed {
        try Replayed(file, configuration, scratch: scratch) {
          $0.options.place = .port($0.snapshot.ports[2].id)
          $0.options.batchSize = batchSize
          $0.options.limits.usesFlowTable = usesFlowTable
        }
      }
      let first = try replay(256, true)
      for again in [try replay(7, true), try replay(1, false)] {
        #expect(again.lines == first.lines, "\(file)")
        #expect(again.written == first.written, "\(file)")
      }
    }
  }
}
