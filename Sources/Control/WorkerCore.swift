import Dataplane
import Foundation
import Logging
import PacketIO

/// What a worker's thread owns, and its loop. Nothing here is seen by another thread; commands reach it
/// through the `Mailbox`, between two vectors.
struct WorkerCore: ~Copyable {
  /// A second: flows idle out with this grain, and failed ports are tried again as often.
  static let housekeepingInterval: UInt64 = 1_000_000_000
  /// Milliseconds of sleep where a port has no descriptor to wait on.
  static let blindInterval: Int32 = 5

  var path: PacketPath
  /// In the order of the snapshot's ports.
  private(set) var slots: [PortSlot]
  /// Opened for the next snapshot.
  private var ahead: [PortSlot] = []
  private var vector = PacketVector()
  private var output = Transmission()
  private var outbox = Outbox()
  private(set) var exchange: Exchange
  private let openPort: (PortRecord, PortRole) throws -> any PacketIO.Port
  private let mailbox: Mailbox
  private let logger: Logger
  private var lastHousekeeping = Time.monotonic()
  /// While stopping: nothing more comes from ports, what others have handed over is still decided.
  var receives = true
  /// Called with the final report when the loop has ended and the ports are closed.
  var afterStop: [@Sendable (CountersReport) -> Void] = []
  private var isStopping: Bool { !afterStop.isEmpty }

  /// Opens every port of the snapshot.
  /// - Throws: `WorkerError.cannotStart` with a sentence for each that cannot be opened.
  init(
    snapshot: Snapshot, ports: [PlacedPort], limits: FlowLimits, batches: PacketPath.Batches,
    exchange: consuming Exchange, mailbox: Mailbox, logger: Logger,
    openPort: @escaping (PortRecord, PortRole) throws -> any PacketIO.Port
  ) throws(WorkerError) {
    var problems: [String] = []
    var slots: [PortSlot] = []
    for place in ports {
      do {
        slots.append(
          PortSlot(place: place, port: try openPort(place.record, exchange.role(of: place))))
      } catch {
        problems.append("\(error)")
      }
    }
    guard problems.isEmpty else {
      for slot in slots { slot.port?.close() }
      throw .cannotStart(problems)
    }
    self.slots = slots
    exchange.adopt(snapshot, ports)
    self.exchange = exchange
    self.openPort = openPort
    self.mailbox = mailbox
    self.logger = logger
    path = PacketPath(
      snapshot: snapshot, limits: limits, batches: batches, seed: .random(in: .min ... .max))
  }

  /// Until a stop command.
  mutating func run() {
    while !isStopping {
      for command in mailbox.take() { command(&self) }
      var received = receives ? receiveRound() : 0
      received += takeHandedOver()
      housekeep()
      if received == 0, !isStopping { wait() }
    }
    while takeHandedOver() > 0 {}
    for command in mailbox.close() { command(&self) }
    let report = CountersReport(counters: path.counters, ports: portStatus())
    for slot in slots + ahead { slot.port?.close() }
    for body in afterStop { body(report) }
  }

  /// One vector from each port in turn: a busy port delays the others by one vector at most.
  private mutating func receiveRound() -> Int {
    var total = 0
    for index in slots.indices {
      guard let port = slots[index].port else { continue }
      vector.removeAll()
      do {
        if try port.receive(into: &vector) > 0 { slots[index].errorsInARow = 0 }
      } catch {
        // What was received before the error is still decided.
        fail(index, "\(error)")
      }
      guard vector.count > 0 else { continue }
      total += vector.count
      let ingress = PortID(index)
      exchange.handOver(&vector, from: ingress, number: slots[index].place.number)
      for length in exchange.refused {
        path.drop(.workerBusy, wireLength: length, from: ingress, into: &output)
      }
      path.process(vector, from: ingress, into: &output)
      transmit()
    }
    return total
  }

  /// One vector from each of the other workers.
  private mutating func takeHandedOver() -> Int {
    var total = 0
    for other in exchange.others {
      vector.removeAll()
      switch exchange.take(from: other, into: &vector) {
      case .nothing: continue
      case .frames(let port): path.process(vector, from: port, into: &output)
      case .strayFrames: path.dropStray(vector, into: &output)
      }
      total += vector.count
      transmit()
      exchange.giveBack(to: other)
    }
    return total
  }

  /// Sends what stands in `output`, grouped by port; the order of frames within a port is kept.
  private mutating func transmit() {
    defer { output.removeAll() }
    outbox.fill(output.items, ports: slots.count)
    for index in slots.indices {
      let frames = outbox.frames(of: index)
      guard !frames.isEmpty else { continue }
      guard let port = slots[index].port else {
        slots[index].earlier.transmitErrors += UInt64(frames.count)
        continue
      }
      do throws(PortError) {
        try port.transmit(frames)
      } catch {
        fail(index, "\(error)")
      }
    }
  }

  /// Opens the ports that a snapshot to come needs and this one lacks, or has on another device.
  /// - Returns: a sentence for each that cannot be opened; `closeAhead` is called for then.
  mutating func openAhead(_ places: [PlacedPort]) -> [String] {
    var problems: [String] = []
    for place in places where !slots.contains(where: { $0.place.number == place.number }) {
      do {
        ahead.append(
          PortSlot(place: place, port: try openPort(place.record, exchange.role(of: place))))
      } catch {
        problems.append("\(error)")
      }
    }
    return problems
  }

  /// What was opened ahead is not needed.
  mutating func closeAhead() {
    for slot in ahead { slot.port?.close() }
    ahead = []
  }

  /// Takes a new snapshot; resets of closed connections are sent before anything else is received.
  mutating func adopt(_ snapshot: Snapshot, ports: [PlacedPort]) -> Adoption {
    let start = Time.monotonic()
    let report = path.adopt(snapshot, now: Time.packetTime(), into: &output)
    exchange.adopt(snapshot, ports)
    let old = rearrange(for: ports)
    transmit()
    let interruption = Time.monotonic() - start
    for slot in old { slot.port?.close() }
    return Adoption(report: report, interruption: interruption)
  }

  /// Brings the slots into the order of new ports.
  /// - Returns: the slots that are no longer needed.
  private mutating func rearrange(for places: [PlacedPort]) -> [PortSlot] {
    if slots.map(\.place.number) == places.map(\.number) {
      for index in slots.indices { slots[index].place = places[index] }
      return []
    }
    var old = slots
    slots = places.map { place in
      let same = old.firstIndex { $0.place.number == place.number }
      var slot =
        if let same {
          old.remove(at: same)
        } else if let opened = ahead.firstIndex(where: { $0.place.number == place.number }) {
          ahead.remove(at: opened)
        } else {
          // Another reload came between: housekeeping opens it.
          PortSlot(place: place, port: nil)
        }
      if same == nil, let moved = old.first(where: { $0.place.record.key == place.record.key }) {
        slot.earlier.add(moved.statistics)
      }
      slot.place = place
      return slot
    }
    defer { ahead = [] }
    return old + ahead
  }

  func portStatus() -> [PortStatus] {
    slots.map { slot in
      PortStatus(
        name: slot.place.record.name, device: slot.place.record.device.name,
        isOpen: slot.port != nil, failure: slot.failure, statistics: slot.statistics)
    }
  }

  private mutating func fail(_ index: Int, _ reason: String) {
    logger.error(
      "port failed; opened again as soon as possible",
      metadata: [
        "port": "\(slots[index].place.record.name)", "reason": "\(reason)",
      ])
    slots[index].fail(reason)
  }

  private mutating func housekeep() {
    let now = Time.monotonic()
    guard now - lastHousekeeping >= Self.housekeepingInterval else { return }
    lastHousekeeping = now
    path.expireFlows(now: Time.packetTime())
    for index in slots.indices where slots[index].port == nil {
      do {
        let place = slots[index].place
        slots[index].port = try openPort(place.record, exchange.role(of: place))
        slots[index].failure = nil
        logger.notice("port is open again", metadata: ["port": "\(place.record.name)"])
      } catch {
        slots[index].failure = "\(error)"
      }
    }
  }

  /// Sleeps until a port has frames, a command or a frame of another worker waits, or housekeeping is due.
  private mutating func wait() {
    mailbox.bell.prepareToWait()
    guard mailbox.isEmpty, exchange.isEmpty else {
      mailbox.bell.finishWaiting(isRung: false)
      return
    }
    var descriptors = [pollfd(fd: mailbox.bell.descriptor, events: Int16(POLLIN), revents: 0)]
    let elapsed = Time.monotonic() - lastHousekeeping
    let due = Self.housekeepingInterval - min(elapsed, Self.housekeepingInterval)
    var timeout = Int32(due / 1_000_000) + 1
    for slot in slots {
      // poll(2) skips negative descriptors: the array stays parallel to the slots.
      let descriptor = receives ? slot.port?.pollDescriptor : nil
      if receives, slot.port != nil, descriptor == nil, exchange.role(of: slot.place) == .whole {
        timeout = min(timeout, Self.blindInterval)
      }
      descriptors.append(pollfd(fd: descriptor ?? -1, events: Int16(POLLIN), revents: 0))
    }
    let ready = poll(&descriptors, nfds_t(descriptors.count), timeout)
    mailbox.bell.finishWaiting(isRung: ready > 0 && descriptors[0].revents != 0)
    guard ready > 0 else { return }
    let errors = Int16(POLLERR | POLLHUP | POLLNVAL)
    for index in slots.indices {
      guard descriptors[index + 1].revents & errors != 0 else {
        slots[index].errorsInARow = 0
        continue
      }
      slots[index].errorsInARow += 1
      if slots[index].errorsInARow > PortSlot.toleratedErrors {
        fail(index, "its interface reports an error again and again")
      }
    }
  }
}

/// What taking a snapshot did, and how long forwarding stood still for it, in nanoseconds.
struct Adoption: Sendable {
  var report: SwitchReport
  var interruption: UInt64

  /// Takes in what another worker did.
  mutating func add(_ other: Adoption) {
    report.add(other.report)
    interruption = max(interruption, other.interruption)
  }

  var interruptionMicroseconds: Double { Double(interruption) / 1_000 }
}
