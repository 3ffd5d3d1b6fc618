import ConfigurationFile
import Dataplane
import Foundation
import Logging
import Model
import PacketIO

/// A running dataplane: what may change while it runs, and the workers that forward by it.
///
/// Every change is validated whole, becomes one new snapshot, and is in force when every worker has taken it;
/// or it is refused and nothing has changed. The actor's state and the order of snapshots agree, because a
/// snapshot is queued for the workers in the same step that changes the state.
public actor Instance {
  /// What an instance needs from its surroundings.
  public struct Environment: Sendable {
    /// Reads the configuration file. It throws `ConfigurationErrors`.
    public var loadConfiguration: @Sendable () throws -> Configuration
    /// Opens ports of one worker, in that worker's thread.
    public typealias PortOpener = (PortRecord, PortRole) throws -> any PacketIO.Port

    /// Called once in the thread of each worker, with its number.
    public var makeOpener: @Sendable (Int) -> PortOpener
    public var workers: Int
    /// Each worker has a processor of its own.
    public var isPinned: Bool
    /// What the ports that are opened take whole.
    public var batches: PacketPath.Batches
    /// Runs first in every thread that opens sockets: it moves the thread into its network namespace.
    public var enterNamespace: @Sendable () throws -> Void

    public init(
      workers: Int = 1, isPinned: Bool = false, batches: PacketPath.Batches = .byTAP,
      loadConfiguration: @escaping @Sendable () throws -> Configuration,
      makeOpener: @escaping @Sendable (Int) -> PortOpener,
      enterNamespace: @escaping @Sendable () throws -> Void = {}
    ) {
      self.workers = workers
      self.isPinned = isPinned
      self.batches = batches
      self.loadConfiguration = loadConfiguration
      self.makeOpener = makeOpener
      self.enterNamespace = enterNamespace
    }
  }

  let environment: Environment
  let logger: Logger
  let workers: Workers
  private var places: PortPlaces
  var configuration: Configuration
  /// Which subnets the rules of resources were made for, from one configuration to the next (I3).
  var identities: SubnetIdentities
  var tables: RoutingTables
  /// Of the configuration, compiled.
  var securityGroups: SecurityGroups
  var serviceSide: ServiceSide
  var learned: LearnedRoutes
  var generation: UInt64 = 1
  /// Endpoints switched since the file was read, as `network/subnet service`.
  var switchedEndpoints: Set<String> = []
  private let follower: RouteFollower?
  private var following: Task<Void, Never>?
  /// Of a service edge (I6).
  var log = DiagnosticsLog()
  var denials = DenialLines()
  private var collecting: Task<Void, Never>?
  private let started = Date()

  /// Opens the ports, learns the routes that a BGP daemon has put into the kernel, and starts forwarding.
  /// - Throws: `WorkerError.cannotStart`, `RouteSourceError.kernel`.
  public static func start(
    _ configuration: Configuration, environment: Environment, logger: Logger
  ) async throws -> Instance {
    for warning in configuration.warnings { logger.warning("\(warning)") }
    for decision in configuration.accessDecisions { logger.notice("\(decision)") }
    var (configuration, identities) = (configuration, SubnetIdentities())
    identities.adopt(&configuration.topology)
    var tables = RoutingTables(topology: configuration.topology)
    var learned = LearnedRoutes(configuration.kernelBGP)
    var follower: RouteFollower?
    if !configuration.kernelBGP.isEmpty {
      let (started, batches) = try await RouteFollower.start(
        configuration.kernelBGP, logger: logger, prepare: environment.enterNamespace)
      for batch in batches { learned.apply(batch, to: &tables) }
      follower = started
    }
    var limits = FlowLimits()
    limits.maximumFlows = configuration.maximumFlows
    let securityGroups = SecurityGroups(of: configuration.topology)
    let serviceSide = ServiceSide(of: configuration.topology)
    let snapshot = Snapshot(
      generation: 1, topology: configuration.topology, routing: tables,
      securityGroups: securityGroups, serviceSide: serviceSide)
    var places = PortPlaces(workers: environment.workers)
    let workers: Workers
    do {
      workers = try await Workers.start(
        environment.workers, isPinned: environment.isPinned, snapshot: snapshot,
        ports: places.place(snapshot.ports), limits: limits, environment: environment,
        logger: logger)
    } catch {
      follower?.stop()
      throw error
    }
    let instance = Instance(
      environment: environment, logger: logger, workers: workers, places: places,
      configuration: configuration, identities: identities, tables: tables,
      securityGroups: securityGroups, serviceSide: serviceSide, learned: learned,
      follower: follower)
    await instance.followRoutes()
    if configuration.topology.role == .edge { await instance.collect() }
    return instance
  }

  private init(
    environment: Environment, logger: Logger, workers: Workers, places: PortPlaces,
    configuration: Configuration, identities: SubnetIdentities, tables: RoutingTables,
    securityGroups: SecurityGroups, serviceSide: ServiceSide, learned: LearnedRoutes,
    follower: RouteFollower?
  ) {
    self.environment = environment
    self.logger = logger
    self.workers = workers
    self.places = places
    self.configuration = configuration
    self.identities = identities
    self.tables = tables
    self.securityGroups = securityGroups
    self.serviceSide = serviceSide
    self.learned = learned
    self.follower = follower
  }

  /// Ends forwarding and closes the ports.
  /// - Returns: the final counts.
  /// - Throws: `ControlError.stopping` where it was stopped before.
  public func stop() async throws -> CountersReport {
    follower?.stop()
    following?.cancel()
    collecting?.cancel()
    do {
      return try await workers.stop()
    } catch {
      throw ControlError.stopping
    }
  }

  public func status() async throws -> InstanceStatus {
    let report = try await counters()
    let topology = configuration.topology
    return InstanceStatus(
      name: topology.name, configuration: configuration.path,
      processIdentifier: ProcessInfo.processInfo.processIdentifier,
      uptimeSeconds: Date().timeIntervalSince(started), workers: environment.workers,
      generation: generation, precedence: topology.precedence, flows: report.counters.flows,
      ports: report.ports,
      bgp: zip(configuration.kernelBGP, learned.sources).map { kernel, source in
        InstanceStatus.BGPSource(
          virtualNetwork: topology.virtualNetworks[kernel.virtualNetwork].name,
          table: kernel.table, routeProtocol: kernel.routeProtocol, routes: source.routes.count,
          resynchronizations: source.resynchronizations)
      })
  }

  public func counters() async throws -> CountersReport {
    CountersReport(
      try await ask { core in
        CountersReport(counters: core.path.counters, ports: core.portStatus())
      })
  }

  public func flows() async throws -> FlowList {
    FlowList(
      flows: try await ask { core in core.path.flows(now: Time.packetTime()) }.flatMap(\.self))
  }

  /// Where the ports of a snapshot to come are served.
  func place(_ records: [PortRecord]) -> [PlacedPort] { places.place(records) }

  /// Makes the current state one snapshot and has the workers take it.
  func publish() async throws -> Adoption {
    generation += 1
    let snapshot = Snapshot(
      generation: generation, topology: configuration.topology, routing: tables,
      securityGroups: securityGroups, serviceSide: serviceSide)
    let ports = places.place(snapshot.ports)
    places.settle(on: snapshot.ports)
    let adoptions = try await ask { core in core.adopt(snapshot, ports: ports) }
    return adoptions.dropFirst().reduce(into: adoptions[0]) { $0.add($1) }
  }

  /// Asks every worker. Nothing suspends before the question stands in their queues.
  func ask<Answer: Sendable>(
    _ question: @escaping @Sendable (inout WorkerCore) -> Answer
  ) async throws -> [Answer] {
    do {
      return try await workers.ask(question)
    } catch {
      throw ControlError.stopping
    }
  }

  /// Asks one worker.
  func ask<Answer: Sendable>(
    _ worker: Int, _ question: @escaping @Sendable (inout WorkerCore) -> Answer
  ) async throws -> Answer {
    do {
      return try await workers.ask(worker, question)
    } catch {
      throw ControlError.stopping
    }
  }

  private func collect() {
    collecting = Task { [weak self] in await self?.keepCollecting() }
  }

  private func followRoutes() {
    guard let follower else { return }
    following = Task { [weak self] in
      for await batches in follower.batches { await self?.learn(batches) }
    }
  }

  /// R3: routes learned and withdrawn, in one snapshot.
  private func learn(_ batches: [RouteBatch]) async {
    for batch in batches { learned.apply(batch, to: &tables) }
    guard batches.contains(where: { !$0.changes.isEmpty }) else { return }
    logger.debug(
      "BGP routes changed",
      metadata: ["changes": "\(batches.reduce(0) { $0 + $1.changes.count })"])
    // Refused only while stopping.
    _ = try? await publish()
  }
}
