import Dataplane

/// A worker's ends of what the workers of an instance hand over to each other. With one worker there is nothing
/// in it, and everything is decided where it arrives.
struct Exchange: ~Copyable {
  /// Every pair of workers has a ring in each direction.
  struct Rings: Sendable {
    let workers: Int
    private let rings: [HandOver]

    init(workers: Int) {
      self.workers = workers
      rings = workers == 1 ? [] : (0..<workers * workers).map { _ in HandOver() }
    }

    func ring(from writer: Int, to reader: Int) -> HandOver { rings[writer * workers + reader] }
  }

  private let index: Int
  private let bells: [Doorbell]
  private var spread: FlowSpread
  /// The other workers.
  let others: [Int]
  /// By worker; those of this one are not used.
  private var writers: [HandOverWriter]
  private var readers: [HandOverReader]
  private var ports: [UInt32: PortID] = [:]
  /// The wire lengths, in bytes, of the frames that the last `handOver` found no room for.
  private(set) var refused: [Int] = []

  /// - Parameter bells: of all workers.
  init(_ rings: Rings, index: Int, bells: [Doorbell], snapshot: Snapshot) {
    self.index = index
    self.bells = bells
    spread = FlowSpread(workers: rings.workers, snapshot: snapshot)
    others = (0..<rings.workers).filter { $0 != index }
    let all = others.isEmpty ? 0..<0 : 0..<rings.workers
    writers = all.map { HandOverWriter(rings.ring(from: index, to: $0)) }
    readers = all.map { HandOverReader(rings.ring(from: $0, to: index)) }
  }

  func role(of place: PlacedPort) -> PortRole { place.owner == index ? .whole : .sending }

  /// Which place each port has from now on, and in what tunnels packets come.
  mutating func adopt(_ snapshot: Snapshot, _ places: [PlacedPort]) {
    guard !others.isEmpty else { return }
    let moved = Dictionary(
      uniqueKeysWithValues: places.indices.map { (places[$0].number, PortID($0)) })
    spread.adopt(snapshot, samePlaces: moved == ports)
    ports = moved
  }

  /// Which worker decides a frame; this one where it belongs to no flow.
  func worker(of frame: Frame, from port: PortID) -> Int {
    others.isEmpty ? index : spread.whichWorker(of: frame, from: port) ?? index
  }

  /// Takes the frames that other workers decide out of a vector, and gives them to these.
  /// - Parameter number: of the port that they came in by.
  mutating func handOver(_ vector: inout PacketVector, from port: PortID, number: UInt32) {
    guard !others.isEmpty else { return }
    refused.removeAll(keepingCapacity: true)
    vector.keep { frame in
      guard let worker = spread.worker(of: frame, from: port), worker != index else { return true }
      if !writers[worker].append(frame, port: number) { refused.append(frame.wireLength) }
      return false
    }
    for other in others where writers[other].publish() { bells[other].ring() }
  }

  /// What a worker has handed over.
  enum Taken {
    case nothing
    /// Frames that came in by this port.
    case frames(from: PortID)
    /// Frames of a port that is no longer there.
    case strayFrames
  }

  /// Appends frames that another worker has handed over, until `giveBack`.
  mutating func take(from other: Int, into vector: inout PacketVector) -> Taken {
    guard let number = readers[other].read(into: &vector) else { return .nothing }
    return ports[number].map { .frames(from: $0) } ?? .strayFrames
  }

  /// The frames of the last `take` have been sent or dropped.
  func giveBack(to other: Int) { readers[other].release() }

  var isEmpty: Bool { others.allSatisfy { readers[$0].isEmpty } }
}
