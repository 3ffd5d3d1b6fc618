import CLibnl

/// A routing netlink socket of the network namespace that it was made in.
final class NetlinkSocket {
  typealias MessageHandler = (UnsafeMutablePointer<nlmsghdr>) -> Void

  private let socket: OpaquePointer
  /// Where the message callback, a C function, finds the handler of the `receive` under way.
  private var handler: MessageHandler?

  init() throws(RouteSourceError) {
    guard let socket = nl_socket_alloc() else {
      throw .kernel(operation: "allocate a socket", reason: "out of memory")
    }
    let code = nl_connect(socket, NETLINK_ROUTE)
    guard code == 0 else {
      // Before `self.socket` is set, `deinit` does not run.
      nl_socket_free(socket)
      throw Self.error("open a socket", code)
    }
    self.socket = socket
    nl_socket_disable_auto_ack(socket)
    // The kernel fills 32 KiB at most into one datagram of a listing.
    nl_socket_set_msg_buf_size(socket, 1 << 16)
    nl_socket_disable_msg_peek(socket)
    nl_socket_modify_cb(
      socket, NL_CB_VALID, NL_CB_CUSTOM,
      { message, context in
        guard let message, let context, let header = nlmsg_hdr(message) else { return 0 }
        Unmanaged<NetlinkSocket>.fromOpaque(context).takeUnretainedValue().handler?(header)
        return Int32(NL_OK.rawValue)
      }, Unmanaged.passUnretained(self).toOpaque())
  }

  deinit { nl_socket_free(socket) }

  var descriptor: Int32 { nl_socket_get_fd(socket) }

  /// For multicast messages, which answer no request of ours.
  func subscribe(
    to groups: [rtnetlink_groups], receiveBuffer bytes: Int
  ) throws(RouteSourceError) {
    nl_socket_disable_seq_check(socket)
    var size = Int32(clamping: bytes)
    let length = socklen_t(MemoryLayout<Int32>.size)
    // Root may go beyond net.core.rmem_max.
    if setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &size, length) != 0 {
      setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, length)
    }
    for group in groups {
      let code = nl_socket_add_membership(socket, Int32(group.rawValue))
      guard code == 0 else { throw Self.error("subscribe to group \(group.rawValue)", code) }
    }
    let code = nl_socket_set_nonblocking(socket)
    guard code == 0 else { throw Self.error("make the socket non-blocking", code) }
  }

  /// Asks the kernel to filter listings itself. Kernels before 4.20 cannot; the caller filters anyway.
  func filterListingsInKernel() {
    var on: Int32 = 1
    setsockopt(
      descriptor, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, socklen_t(MemoryLayout<Int32>.size))
  }

  /// Reads one datagram, or all of a listing.
  /// - Returns: a libnl error code, negative, or zero.
  func receive(_ handler: @escaping MessageHandler) -> Int32 {
    self.handler = handler
    defer { self.handler = nil }
    return min(nl_recvmsgs_default(socket), 0)
  }

  /// Asks for a listing of routes; `receive` reads it.
  func requestRoutes(
    family: Int32, table: UInt32, routeProtocol: UInt8
  ) throws(RouteSourceError) {
    guard let message = nlmsg_alloc_simple(Int32(RTM_GETROUTE), Int32(NLM_F_DUMP)) else {
      throw .kernel(operation: "ask for routes", reason: "out of memory")
    }
    defer { nlmsg_free(message) }
    var filter = rtmsg()
    filter.rtm_family = UInt8(family)
    filter.rtm_protocol = routeProtocol
    var code = nlmsg_append(message, &filter, MemoryLayout<rtmsg>.size, Int32(NLMSG_ALIGNTO))
    if code == 0 { code = nla_put_u32(message, Int32(RTA_TABLE.rawValue), table) }
    if code == 0 { code = min(nl_send_auto(socket, message), 0) }
    guard code == 0 else { throw Self.error("ask for routes", code) }
  }

  static func error(_ operation: String, _ code: Int32) -> RouteSourceError {
    .kernel(operation: operation, reason: String(cString: nl_geterror(code)))
  }
}
