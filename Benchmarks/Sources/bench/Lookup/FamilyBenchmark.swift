import Foundation
import Glibc
import Lookup

/// What is measured, and how long.
struct LookupSettings: Encodable {
  var rounds: Int
  /// Keys of one run.
  var lookups: Int
  var burst: Int
  /// Keys looked up before the clock starts, so that what the engine before has left in the caches does not
  /// count.
  var warmUp: Int
  /// Where lookups run.
  var core: Int
  /// Whether to build rte_lpm for updates.
  var updatesOfLPM: Bool
}

/// Everything about one family.
struct FamilyBenchmark<Key: BenchKey> {
  let settings: LookupSettings
  let peers: Peers?
  let routes: RouteList<Key>
  private let streams: [KeyStream<Key>]

  private static var builds: Int { 3 }

  init(_ elements: [PrefixTable<Key>.Element], _ peers: Peers?, _ settings: LookupSettings) {
    self.settings = settings
    self.peers = peers
    Self.say("\(elements.count) prefixes, and destinations with their right answers")
    let routes = RouteList(elements)
    let answers = ReferenceAnswers(routes)
    streams = StreamKind.all(of: Key.family).map {
      KeyStream($0, routes, answers, settings)
    }
    self.routes = routes
  }

  func run() -> FamilyFigures {
    var figures = FamilyFigures(family: Key.family.name, prefixes: routes.count)
    figures.streams = streams.map(\.kind)
    let (table, own) = buildOwn()
    figures.tables = [own]
    var built: [PeerTable?] = []
    for kind in peers?.tableKinds ?? [] where kind.family == Key.family {
      let (table, peer) = build(kind)
      figures.tables.append(peer)
      built.append(table)
    }

    Self.say("lookups")
    figures.engines = LookupRounds(
      engines: ownEngines(table) + built.compactMap { $0 }.flatMap(engines), streams: streams
    ).measure(rounds: settings.rounds)

    Self.say("updates")
    measureUpdates(table, &figures.tables[0])
    for (index, table) in zip(figures.tables.indices.dropFirst(), built) {
      if let table { measureUpdates(table, &figures.tables[index]) }
    }
    figures.compare()
    return figures
  }

  static func say(_ what: String) {
    FileHandle.standardError.write(Data("\(Key.family.name): \(what)\n".utf8))
  }

  // MARK: - Ours

  private func buildOwn() -> (ForwardingTable<Key>, TableFigures) {
    var figures = TableFigures("Spurline")
    var table: ForwardingTable<Key>?
    for _ in 0..<Self.builds {
      table = nil
      figures.build.append(secondsTaken { table = ForwardingTable(routes.shuffled) })
    }
    guard let table else { fatalError("no build") }
    figures.memory = memory(of: table)
    return (table, figures)
  }

  private func memory(of table: ForwardingTable<Key>) -> TableMemory {
    table.reclaim()
    let memory = table.memory
    return TableMemory(
      readSide: memory.readSide,
      all: memory.readSide + memory.bookkeeping + table.routes.memoryInBytes)
  }

  private func ownEngines(_ table: ForwardingTable<Key>) -> [any LookupEngine<Key>] {
    let kernels = LookupKernel.allCases.filter(\.isAvailable).reversed()
    let vectors: [any LookupEngine<Key>] = kernels.map {
      VectorLookup(table: table, burst: settings.burst, kernel: $0)
    }
    return vectors + [SingleLookup(table: table, burst: settings.burst)]
  }

  private func measureUpdates(_ table: ForwardingTable<Key>, _ figures: inout TableFigures) {
    guard let stream = streams.first(where: { $0.kind == .prefix }) else { return }
    figures.ownUpdates = updates.ours(table, reading: stream, core: settings.core)
    figures.memoryAfterUpdates = memory(of: table)
    let engines = ownEngines(table)
    figures.wrongAfterUpdates = engines.lazy.compactMap { wrong($0) }.first
  }

  private var updates: UpdateMeasurement<Key> {
    UpdateMeasurement(routes: routes, rounds: settings.rounds, burst: settings.burst)
  }

  private func wrong(_ engine: any LookupEngine<Key>) -> String? {
    streams.lazy.compactMap { engine.check($0) }.first
  }

  // MARK: - Peers

  private func build(_ kind: Peers.TableKind) -> (PeerTable?, TableFigures) {
    Self.say("building \(kind.name)")
    var figures = TableFigures(kind.name)
    var table: PeerTable?
    let keys = Key.peerKeys(routes.shuffled.map(\.key))
    let lengths = routes.shuffled.map { UInt8($0.length) }
    let values = routes.shuffled.map(\.value)
    // The others are built for updates at once: that costs them nothing.
    let updatable = kind.name != "rte_lpm" || settings.updatesOfLPM
    do {
      let seconds = try secondsTaken {
        table = try peers?.build(
          kind, keys: keys, lengths: lengths, values: values, updatable: updatable)
      }
      figures.build = [seconds]
    } catch {
      figures.withoutUpdates = "\(error)"
    }
    guard let table else { return (nil, figures) }
    figures.refused = table.refused
    let memory = table.memory
    figures.memory = TableMemory(
      readSide: Int(memory.lookup), all: Int(memory.all), huge: Int(memory.huge))
    if !updatable {
      figures.withoutUpdates = "left out: takes a minute to build for them; --updates-of-lpm"
    } else if table.refused > 0 {
      figures.withoutUpdates = "left out: it has not taken all prefixes"
    }
    return (table, figures)
  }

  private func engines(of table: PeerTable) -> [any LookupEngine<Key>] {
    table.engines.map { PeerLookup(table: table, engine: $0, burst: settings.burst) }
  }

  private func measureUpdates(_ table: PeerTable, _ figures: inout TableFigures) {
    guard figures.withoutUpdates == nil else { return }
    Self.say("updates of \(figures.name)")
    figures.peerUpdates = updates.peer(table)
    figures.peerUpdates?.wrong = engines(of: table).first.flatMap { wrong($0) }
  }
}
