import CLibnl
import Glibc
import Wire

/// What a message of the notification socket means for the table that is followed.
enum KernelRouteMessage {
  case added(KernelRoute, replaces: Bool)
  case removed(KernelRoute)
  /// The kernel drops the routes of an interface that goes down, loses an address or is deleted, and those of
  /// a next-hop object, without naming any of the IPv4 ones.
  case routesMayBeGone(device: Int32?)
  case irrelevant
}

/// Reads messages with libnl's parsers and picks those of one table and protocol.
struct KernelRouteReader {
  let table: UInt32
  let routeProtocol: UInt8

  func read(_ header: UnsafeMutablePointer<nlmsghdr>) -> KernelRouteMessage {
    switch Int(header.pointee.nlmsg_type) {
    case RTM_NEWROUTE:
      guard let route = route(header) else { return .irrelevant }
      return .added(route, replaces: header.pointee.nlmsg_flags & UInt16(NLM_F_REPLACE) != 0)
    case RTM_DELROUTE:
      guard let route = route(header) else { return .irrelevant }
      return .removed(route)
    case RTM_NEWLINK, RTM_DELLINK:
      guard let link = payload(header, as: ifinfomsg.self) else { return .irrelevant }
      let isUp = link.ifi_flags & UInt32(IFF_UP) != 0
      let isGone = Int(header.pointee.nlmsg_type) == RTM_DELLINK
      return isUp && !isGone ? .irrelevant : .routesMayBeGone(device: link.ifi_index)
    case RTM_DELADDR:
      guard let address = payload(header, as: ifaddrmsg.self) else { return .irrelevant }
      return .routesMayBeGone(device: Int32(bitPattern: address.ifa_index))
    case RTM_NEWNEXTHOP, RTM_DELNEXTHOP:
      return .routesMayBeGone(device: nil)
    default:
      return .irrelevant
    }
  }

  /// Nil for a route that is not of the table, or not an ordinary one.
  func route(_ header: UnsafeMutablePointer<nlmsghdr>) -> KernelRoute? {
    var parsed: OpaquePointer?
    guard rtnl_route_parse(header, &parsed) == 0, let parsed else { return nil }
    defer { rtnl_route_put(parsed) }
    guard rtnl_route_get_table(parsed) == table,
      // Cached exceptions of one destination, and routes for marked or source-specific traffic.
      rtnl_route_get_flags(parsed) & UInt32(RTM_F_CLONED) == 0, rtnl_route_get_tos(parsed) == 0,
      rtnl_route_get_src(parsed).map({ nl_addr_get_prefixlen($0) == 0 }) ?? true
    else { return nil }
    let isIPv4 = rtnl_route_get_family(parsed) == UInt8(AF_INET)
    guard let destination = rtnl_route_get_dst(parsed) else { return nil }
    let length = Int(nl_addr_get_prefixlen(destination))
    guard (0...(isIPv4 ? 32 : 128)).contains(length) else { return nil }
    let count = Int(rtnl_route_get_nnexthops(parsed))
    let hop = count > 0 ? rtnl_route_nexthop_n(parsed, 0) : nil
    // An IPv4 route may lead to an IPv6 neighbour (RFC 8950): `via`.
    let gateway = hop.flatMap { rtnl_route_nh_get_gateway($0) ?? rtnl_route_nh_get_via($0) }
    return KernelRoute(
      prefix: IPPrefix(address(destination, isIPv4: isIPv4), length: length),
      metric: rtnl_route_get_priority(parsed),
      isOfProtocol: rtnl_route_get_protocol(parsed) == routeProtocol,
      path: KernelRoute.Path(
        isUnicast: rtnl_route_get_type(parsed) == UInt8(RTN_UNICAST),
        nextHop: gateway.map { address($0, isIPv4: nl_addr_get_family($0) == AF_INET) },
        device: hop.map { rtnl_route_nh_get_ifindex($0) } ?? 0, nextHopCount: count))
  }

  /// libnl holds no bytes for the address of a default route.
  private func address(_ address: OpaquePointer, isIPv4: Bool) -> IPAddress {
    var bits: UInt128 = 0
    if let bytes = nl_addr_get_binary_addr(address) {
      for index in 0..<Int(nl_addr_get_len(address)) {
        bits = bits << 8 | UInt128(bytes.load(fromByteOffset: index, as: UInt8.self))
      }
    }
    return IPAddress(bits: bits, isIPv6: !isIPv4)
  }

  private func payload<Payload>(
    _ header: UnsafeMutablePointer<nlmsghdr>, as type: Payload.Type
  ) -> Payload? {
    guard Int(nlmsg_datalen(header)) >= MemoryLayout<Payload>.size else { return nil }
    return nlmsg_data(header).loadUnaligned(as: type)
  }
}
