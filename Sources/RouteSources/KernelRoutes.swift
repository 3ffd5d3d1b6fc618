import CLibnl
import Logging
import Wire

/// The routes that a BGP daemon (BIRD, FRR, GoBGP) keeps in one routing table of the kernel, followed by
/// netlink (R3).
///
/// It subscribes first and lists the table then, so that nothing falls between. When the socket's buffer
/// overruns, or a message leaves it open what happened, the table is listed anew and the difference reported.
/// The kernel says nothing of IPv4 routes that go with their interface; so a link that goes down is answered
/// by a listing too, and by another one a moment later, because newer kernels list routes without waiting
/// for the change under way.
///
/// It belongs to the network namespace of the thread that makes it, and is used by one thread at a time.
public final class KernelRoutes {
  /// What happened to one prefix.
  public enum Change: Hashable, Sendable {
    /// The prefix is there, or has another next hop now: nil for a route that is on-link.
    case announce(IPPrefix, nextHop: IPAddress?)
    case withdraw(IPPrefix)
  }

  /// The kernel's number of the table.
  public let table: Int
  /// Only routes of this protocol number are followed (`/etc/iproute2/rt_protos`; BIRD is 12).
  public let routeProtocol: Int
  /// How often the table was listed anew.
  public private(set) var resyncs = 0
  /// How many of those were because the kernel dropped messages.
  public private(set) var overruns = 0

  /// To wait on with poll(2): readable when `process()` has something to do.
  public var descriptor: Int32 { waiter.descriptor }

  /// Prefixes announced or hidden at the moment.
  public var count: Int { routes.count }

  private let reader: KernelRouteReader
  private let notifications: NetlinkSocket
  private let listings: NetlinkSocket
  private let waiter: SocketAndTimer
  private let logger: Logger
  private var routes = KernelRouteTable()
  /// Interfaces that a route has led to since the last listing.
  private var devices: Set<Int32> = []
  private var mustList = true
  private var isFirstListing = true

  /// How long after a link went down the table is listed a second time, in nanoseconds.
  private static let settlingTime = 200_000_000

  /// Subscribes. Call `process()` at once: the first call reports the routes that are there.
  /// - Parameter receiveBuffer: of the socket, in bytes; the default holds some 30,000 messages.
  /// - Throws: `RouteSourceError.kernel`.
  public init(
    table: Int, protocol routeProtocol: Int, receiveBuffer: Int = 32 << 20,
    logger: Logger = Logger(label: "spurline.kernel-routes")
  ) throws(RouteSourceError) {
    guard let tableNumber = UInt32(exactly: table), tableNumber > 0,
      let protocolNumber = UInt8(exactly: routeProtocol), protocolNumber > 0
    else {
      throw .kernel(
        operation: "follow table \(table), protocol \(routeProtocol)",
        reason: "a table is 1 to 4294967295, a protocol 1 to 255")
    }
    self.table = table
    self.routeProtocol = routeProtocol
    self.logger = logger
    reader = KernelRouteReader(table: tableNumber, routeProtocol: protocolNumber)
    notifications = try NetlinkSocket()
    listings = try NetlinkSocket()
    listings.filterListingsInKernel()
    try notifications.subscribe(
      to: [
        RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE, RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR,
        RTNLGRP_IPV6_IFADDR, RTNLGRP_NEXTHOP,
      ], receiveBuffer: receiveBuffer)
    waiter = try SocketAndTimer(socket: notifications.descriptor)
  }

  /// Takes what the kernel has said since the last call, without waiting for more.
  /// - Returns: changes in the order in which they happened; several of one prefix are possible.
  /// - Throws: `RouteSourceError.kernel`; the next call starts over with a listing.
  public func process() throws(RouteSourceError) -> [Change] {
    var changes: [Change] = []
    if waiter.timerFired() { mustList = true }
    // Bounded, so that a storm of routes cannot keep the caller here; what is left keeps the descriptor
    // readable.
    for _ in 0..<65_536 where !mustList {
      guard try receiveNotification({ [self] in take(reader.read($0), into: &changes) }) else {
        return changes
      }
    }
    guard mustList else { return changes }
    // What is still queued happened before the listing; after an overrun it may be contradicted by
    // messages that were lost behind it.
    while try receiveNotification({ [self] in noteLink(reader.read($0)) }) {}
    changes += try listRoutes()
    return changes
  }

  /// - Returns: false when there is nothing more.
  private func receiveNotification(
    _ handler: @escaping NetlinkSocket.MessageHandler
  ) throws(RouteSourceError) -> Bool {
    switch notifications.receive(handler) {
    case 0, -NLE_INTR: return true
    case -NLE_AGAIN: return false
    case -NLE_NOMEM:
      // libnl's name for ENOBUFS: messages were lost.
      overruns += 1
      mustList = true
      return true
    case let code:
      mustList = true
      throw NetlinkSocket.error("read route changes", code)
    }
  }

  private func take(_ message: KernelRouteMessage, into changes: inout [Change]) {
    let outcome: KernelRouteTable.Outcome
    switch message {
    case .added(let route, let replaces):
      devices.insert(route.path.device)
      outcome = routes.add(route, replaces: replaces)
    case .removed(let route):
      outcome = routes.remove(route)
    case .routesMayBeGone, .irrelevant:
      noteLink(message)
      return
    }
    switch outcome {
    case .unchanged: break
    case .changed(let change): changes.append(change)
    case .unclear: mustList = true
    }
  }

  private func noteLink(_ message: KernelRouteMessage) {
    guard case .routesMayBeGone(let device) = message else { return }
    if let device, !devices.contains(device) { return }
    mustList = true
    waiter.startTimer(nanoseconds: Self.settlingTime)
  }

  private func listRoutes() throws(RouteSourceError) -> [Change] {
    var listing: [KernelRoute] = []
    for family in [AF_INET, AF_INET6] {
      listing += try listRoutes(family: family)
    }
    mustList = false
    devices = Set(listing.map(\.path.device))
    let changes = routes.replaceAll(with: listing)
    if isFirstListing {
      isFirstListing = false
    } else {
      resyncs += 1
      logger.info(
        "listed the kernel's routes anew",
        metadata: [
          "table": "\(table)", "routes": "\(listing.count)", "changes": "\(changes.count)",
          "overruns": "\(overruns)",
        ])
    }
    return changes
  }

  /// A listing that a change interrupts is begun again, a few times: under steady change the last one is
  /// taken, and the notifications that are queued meanwhile correct it.
  private func listRoutes(family: Int32) throws(RouteSourceError) -> [KernelRoute] {
    for attempt in 1...5 {
      var listing: [KernelRoute] = []
      try listings.requestRoutes(
        family: family, table: reader.table, routeProtocol: reader.routeProtocol)
      var code = -NLE_INTR
      while code == -NLE_INTR {
        code = listings.receive { [reader] header in
          guard Int(header.pointee.nlmsg_type) == RTM_NEWROUTE else { return }
          if let route = reader.route(header) { listing.append(route) }
        }
      }
      switch code {
      case 0: return listing
      // The table has no route of this family yet.
      case -NLE_OBJ_NOTFOUND: return []
      case -NLE_DUMP_INTR where attempt < 5: continue
      case -NLE_DUMP_INTR: return listing
      default:
        throw NetlinkSocket.error("list table \(table)", code)
      }
    }
    return []
  }
}
