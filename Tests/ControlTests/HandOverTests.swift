import Dataplane
import Foundation
import Testing

@testable import Control

@Suite struct HandOverTests {
  /// A frame whose bytes and length follow from its number.
  struct Sample {
    var number: UInt64

    var bytes: [UInt8] {
      // Now and then one as large as a veth leaves whole.
      let length = Int(number &* 7_919 % 1_500) + (number % 97 == 0 ? 60_000 : 14)
      return (0..<length).map { UInt8(truncatingIfNeeded: number &+ UInt64($0)) }
    }

    var port: UInt32 { UInt32(number / 5 % 3) }

    func append(to writer: inout HandOverWriter) -> Bool {
      var bytes = bytes
      return bytes.withUnsafeMutableBytes {
        writer.append(
          Frame(
            bytes: $0.baseAddress!, length: $0.count, wireLength: $0.count + 3, timestamp: number,
            segmentSize: UInt16(number % 2_000)),
          port: port)
      }
    }

    func isSame(as frame: Frame, from port: UInt32?) -> Bool {
      frame.timestamp == number && frame.segmentSize == number % 2_000
        && frame.wireLength == frame.length + 3 && port == self.port
        && Array(UnsafeRawBufferPointer(frame.buffer)) == bytes
    }
  }

  @Test("Frames come out in order and whole, by runs of one port, over many turns of the ring")
  func order() {
    let ring = HandOver()
    var writer = HandOverWriter(ring)
    var reader = HandOverReader(ring)
    var vector = PacketVector()
    var (written, read) = (UInt64(0), UInt64(0))
    var random = SystemRandomNumberGenerator()
    var refusals = 0
    while read < 12_000 {
      // At first until it is full, which chance might never bring about.
      for _ in 0..<(written == 0 ? Int.max : Int.random(in: 0...600, using: &random)) {
        guard Sample(number: written).append(to: &writer) else {
          refusals += 1
          break
        }
        written += 1
      }
      _ = writer.publish()
      for _ in 0..<Int.random(in: 0...90, using: &random) {
        vector.removeAll()
        guard let port = reader.read(into: &vector) else { break }
        for index in 0..<vector.count {
          guard Sample(number: read).isSame(as: vector[index], from: port) else {
            Issue.record("frame \(read) is another")
            return
          }
          read += 1
        }
        reader.release()
      }
    }
    #expect(refusals > 0, "the ring was full at times")
  }

  @Test("Nothing is seen before it is published, and room comes back only with its release")
  func publication() {
    let ring = HandOver()
    var writer = HandOverWriter(ring)
    var reader = HandOverReader(ring)
    var vector = PacketVector()
    var isPublished = writer.publish()
    #expect(!isPublished)
    var isTaken = Sample(number: 1).append(to: &writer)
    #expect(isTaken)
    var port = reader.read(into: &vector)
    #expect(port == nil && reader.isEmpty)
    isPublished = writer.publish()
    #expect(isPublished && !reader.isEmpty)
    port = reader.read(into: &vector)
    #expect(port == 0)
    #expect(!reader.isEmpty, "its room is still in use")
    reader.release()
    #expect(reader.isEmpty)
    var count = 0
    while Sample(number: 1).append(to: &writer) { count += 1 }
    #expect(count > 100)
    _ = writer.publish()
    vector.removeAll()
    port = reader.read(into: &vector)
    #expect(port != nil)
    isTaken = Sample(number: 1).append(to: &writer)
    #expect(!isTaken)
    reader.release()
    isTaken = Sample(number: 1).append(to: &writer)
    #expect(isTaken)
  }

  @Test(
    "A writer and a reader on two threads, with a bell: nothing is lost, nobody sleeps through work"
  )
  func threads() async throws {
    let ring = HandOver()
    let bell = try Doorbell()
    let total = UInt64(10_000)
    // Threads, because both wait.
    async let writing: Void = onThread {
      var writer = HandOverWriter(ring)
      var number: UInt64 = 0
      while number < total {
        if Sample(number: number).append(to: &writer) { number += 1 }
        if number % 13 == 0 || number == total, writer.publish() { bell.ring() }
        // Now and then the reader runs dry.
        if number % 1_000 == 0 { usleep(1_000) }
      }
    }
    async let reading = onThread {
      var reader = HandOverReader(ring)
      var vector = PacketVector()
      var number: UInt64 = 0
      while number < total {
        vector.removeAll()
        if let port = reader.read(into: &vector) {
          for index in 0..<vector.count {
            guard Sample(number: number).isSame(as: vector[index], from: port) else { return false }
            number += 1
          }
          reader.release()
          continue
        }
        bell.prepareToWait()
        guard reader.isEmpty else {
          bell.finishWaiting(isRung: false)
          continue
        }
        var descriptor = pollfd(fd: bell.descriptor, events: Int16(POLLIN), revents: 0)
        // A minute is for ever: a bell that is not heard would end the test here.
        let ready = poll(&descriptor, 1, 60_000)
        bell.finishWaiting(isRung: ready > 0)
        if ready == 0 { return false }
      }
      return true
    }
    try await writing
    let isRight = try await reading
    #expect(isRight)
  }
}
