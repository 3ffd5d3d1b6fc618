import Dataplane
import Foundation
import Glibc
import Synchronization

/// Known flows: what both engines do with the same frames, one after the other in each round.
struct KnownFlows: Encodable {
  var flows: Int
  var frames: Int
  /// Millions of packets a second, by round.
  var ours: [Double] = []
  var baseline: [Double] = []
  /// Nanoseconds a packet, by stage; the whole is their sum.
  var stages: [Stage] = []

  struct Stage: Encodable {
    var name: String
    var nanoseconds: Double
  }

  var ratios: [Double] { zip(ours, baseline).map { $0 / $1 } }

  /// - Parameter packets: about as many a round.
  init(flows: Int, packets: Int, rounds: Int) throws {
    self.flows = flows
    let frames = PipelineFrames(flows: flows, count: max(flows, PacketVector.capacity))
    self.frames = frames.count
    let spurline = SpurlineEngine(maximumFlows: max(flows, 65_536))
    let baseline = BaselineEngine(frames)
    // Admits all flows.
    _ = spurline.pass(frames)
    frames.restore()
    try Self.check(spurline, baseline, frames)
    let passes = max(1, packets / frames.count)
    for _ in 0..<rounds {
      ours.append(Self.rate(spurline, frames, passes))
      self.baseline.append(Self.rate(baseline, frames, passes))
    }
    stages = Self.stages(spurline, frames, passes, rounds)
  }

  /// All frames forwarded, and the same bytes by both.
  private static func check(
    _ spurline: SpurlineEngine, _ baseline: BaselineEngine, _ frames: PipelineFrames
  ) throws {
    let forwarded = spurline.pass(frames)
    let contents = frames.contents
    frames.restore()
    let found = baseline.pass(frames)
    guard forwarded == frames.count, found == frames.count, contents == frames.contents else {
      throw BenchmarkError(
        "\(frames.flows) flows: \(spurline.name) forwarded \(forwarded) of \(frames.count), "
          + "\(baseline.name) \(found), and the frames are "
          + (contents == frames.contents ? "the same" : "not the same"))
    }
    frames.restore()
  }

  /// Only the passes are timed, not what restores the frames between them.
  static func rate(_ engine: some PipelineEngine, _ frames: PipelineFrames, _ passes: Int) -> Double
  {
    let seconds = timed(frames, passes) { _ = engine.pass(frames) }
    return Double(frames.count * passes) / seconds / 1e6
  }

  private static func timed(_ frames: PipelineFrames, _ passes: Int, _ body: () -> Void) -> Double {
    var seconds = 0.0
    for _ in 0..<passes {
      frames.restore()
      seconds += secondsTaken(body)
    }
    frames.restore()
    return seconds
  }

  /// Each stage is what a run that ends after it takes longer than one that ends before it.
  private static func stages(
    _ engine: SpurlineEngine, _ frames: PipelineFrames, _ passes: Int, _ rounds: Int
  ) -> [Stage] {
    var times: [[Double]] = [[], [], []]
    for _ in 0..<rounds {
      times[0].append(timed(frames, passes) { _ = engine.parseOnly(frames) })
      times[1].append(timed(frames, passes) { engine.recognizeOnly(frames) })
      times[2].append(timed(frames, passes) { _ = engine.pass(frames) })
    }
    let medians = times.map { $0.median * 1e9 / Double(frames.count * passes) }
    let names = ["parse", "find the flows", "rewrite, count, hand over"]
    return names.indices.map { index in
      Stage(name: names[index], nanoseconds: medians[index] - (index == 0 ? 0 : medians[index - 1]))
    }
  }
}

/// Every packet begins a flow.
struct NewFlows: Encodable {
  var flows: Int
  /// Millions a second, by round.
  var rates: [Double] = []

  init(flows: Int, rounds: Int) throws {
    self.flows = flows
    let frames = PipelineFrames(flows: flows, count: flows)
    let engine = SpurlineEngine(maximumFlows: flows)
    for round in 0...rounds {
      frames.restore()
      var forwarded = 0
      let seconds = secondsTaken { forwarded = engine.pass(frames) }
      guard forwarded == flows, engine.path.counters.flows == flows else {
        throw BenchmarkError("new flows: \(forwarded) of \(flows) were admitted")
      }
      // The first round is the first to touch the memory.
      if round > 0 { rates.append(Double(flows) / seconds / 1e6) }
      engine.forgetFlows()
    }
  }
}

/// Two workers, each with its own path and frames on a core of its own, beside each alone.
struct TwoWorkers: Encodable {
  var flows: Int
  /// Of both together to the mean of each alone, by round.
  var ratios: [Double] = []
  var rates: [Double] = []

  init(flows: Int, packets: Int, rounds: Int, cores: [Int]) {
    self.flows = flows
    let frames = (0..<2).map { _ in
      PipelineFrames(flows: flows, count: max(flows, PacketVector.capacity))
    }
    let engines = frames.map { frames in
      let engine = SpurlineEngine(maximumFlows: max(flows, 65_536))
      _ = engine.pass(frames)
      return engine
    }
    let passes = max(1, packets / frames[0].count)
    for _ in 0..<rounds {
      let alone = (0..<2).map { Self.run([engines[$0]], [frames[$0]], passes, [cores[$0]])[0] }
      let together = Self.run(engines, frames, passes, cores)
      rates.append(together[0] + together[1])
      ratios.append((together[0] + together[1]) / ((alone[0] + alone[1]) / 2))
    }
  }

  /// Threads that begin together; each says how fast it was.
  private static func run(
    _ engines: [SpurlineEngine], _ frames: [PipelineFrames], _ passes: Int, _ cores: [Int]
  ) -> [Double] {
    let state = WorkerRun(count: engines.count)
    for index in engines.indices {
      nonisolated(unsafe) let engine = engines[index]
      nonisolated(unsafe) let frames = frames[index]
      let core = cores[index]
      Thread.detachNewThread {
        Affinity.pin(to: core)
        state.waitForAll()
        state.end(index, KnownFlows.rate(engine, frames, passes))
      }
    }
    return state.rates()
  }
}

private final class WorkerRun: Sendable {
  private let count: Int
  private let ready = Atomic<Int>(0)
  private let results: Mutex<[Double]>
  private let ended = DispatchSemaphore(value: 0)

  init(count: Int) {
    self.count = count
    results = Mutex(Array(repeating: 0, count: count))
  }

  func waitForAll() {
    ready.add(1, ordering: .sequentiallyConsistent)
    while ready.load(ordering: .sequentiallyConsistent) < count {}
  }

  func end(_ index: Int, _ rate: Double) {
    results.withLock { $0[index] = rate }
    ended.signal()
  }

  func rates() -> [Double] {
    for _ in 0..<count { ended.wait() }
    return results.withLock { $0 }
  }
}

/// Something that makes figures worthless.
struct BenchmarkError: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}
