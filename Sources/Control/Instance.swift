import ConfigurationFile
import Dataplane
import Foundation
import Logging
import Model
import PacketIO

/// A running dataplane: what may change while it runs, and the worker that forwards by it.
///
/// Every change is validated whole, becomes one new snapshot, and is in force when the worker has taken it;
/// or it is refused and nothing has changed. The actor's state and the order of snapshots agree, because a
/// snapshot is queued for the worker in the same step that changes the state.
public actor Instance {
  /// What an instance needs from its surroundings.
  public struct Environment: Sendable {
    /// Reads the configuration file. It throws `ConfigurationErrors`.
    public var loadConfiguration: @Sendable () throws -> Configuration
    public var openPort: @Sendable (PortRecord) throws -> any PacketIO.Port
    /// Runs first in every thread that opens sockets: it moves the thread into its network namespace.
    public var enterNamespace: @Sendable () throws -> Void

    public init(
      loadConfiguration: @escaping @Sendable () throws -> Configuration,
      openPort: @escaping @Sendable (PortRecord) throws -> any PacketIO.Port,
      enterNamespace: @escaping @Sendable () throws -> Void = {}
    ) {
      self.loadConfiguration = loadConfiguration
      self.openPort = openPort
      self.enterNamespace = enterNamespace
    }
  }

  let environment: Environment
  let logger: Logger
  let worker: Worker
  var configuration: Configuration
  var tables: RoutingTables
  var learned: LearnedRoutes
  var generation: UInt64 = 1
  /// Endpoints switched since the file was read, as `network/subnet service`.
  var switchedEndpoints: Set<String> = []
  private let follower: RouteFollower?
  private var following: Task<Void, Never>?
  private let started = Date()

  /// Opens the ports, learns the routes that a BGP daemon has put into the kernel, and starts forwarding.
  /// - Throws: `WorkerError.cannotStart`, `RouteSourceError.kernel`.
  public static func start(
    _ configuration: Configuration, environment: Environment, logger: Logger
  ) async throws -> Instance {
    for warning in configuration.warnings { logger.warning("\(warning)") }
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
    let worker: Worker
    do {
      worker = try await Worker.start(
        snapshot: Snapshot(generation: 1, topology: configuration.topology, routing: tables),
        limits: limits, logger: logger, prepare: environment.enterNamespace,
        openPort: environment.openPort)
    } catch {
      follower?.stop()
      throw error
    }
    let instance = Instance(
      environment: environment, logger: logger, worker: worker, configuration: configuration,
      tables: tables, learned: learned, follower: follower)
    await instance.followRoutes()
    return instance
  }

  private init(
    environment: Environment, logger: Logger, worker: Worker, configuration: Configuration,
    tables: RoutingTables, learned: LearnedRoutes, follower: RouteFollower?
  ) {
    self.environment = environment
    self.logger = logger
    self.worker = worker
    self.configuration = configuration
    self.tables = tables
    self.learned = learned
    self.follower = follower
  }

  /// Ends forwarding and closes the ports.
  /// - Returns: the final counts.
  /// - Throws: `ControlError.stopping` where it was stopped before.
  public func stop() async throws -> CountersReport {
    follower?.stop()
    following?.cancel()
    do {
      return try await worker.stop()
    } catch {
      throw ControlError.stopping
    }
  }

  public func status() async throws -> InstanceStatus {
    let (ports, flows) = try await ask { core in (core.portStatus(), core.path.counters.flows) }
    let topology = configuration.topology
    return InstanceStatus(
      name: topology.name, configuration: configuration.path,
      processIdentifier: ProcessInfo.processInfo.processIdentifier,
      uptimeSeconds: Date().timeIntervalSince(started), generation: generation,
      precedence: topology.precedence, flows: flows, ports: ports,
      bgp: zip(configuration.kernelBGP, learned.sources).map { kernel, source in
        InstanceStatus.BGPSource(
          virtualNetwork: topology.virtualNetworks[kernel.virtualNetwork].name,
          table: kernel.table, routeProtocol: kernel.routeProtocol, routes: source.routes.count,
          resynchronizations: source.resynchronizations)
      })
  }

  public func counters() async throws -> CountersReport {
    try await ask { core in CountersReport(counters: core.path.counters, ports: core.portStatus()) }
  }

  public func flows() async throws -> FlowList {
    try await ask { core in FlowList(flows: core.path.flows(now: Time.packetTime())) }
  }

  /// Makes the current state one snapshot and has the worker take it.
  func publish() async throws -> Adoption {
    generation += 1
    let snapshot = Snapshot(
      generation: generation, topology: configuration.topology, routing: tables)
    return try await ask { core in core.adopt(snapshot) }
  }

  /// Asks the worker. Nothing suspends before the question stands in the worker's queue.
  func ask<Answer: Sendable>(
    _ question: @escaping @Sendable (inout WorkerCore) -> Answer
  ) async throws -> Answer {
    do {
      return try await worker.perform(question)
    } catch {
      throw ControlError.stopping
    }
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
