import Wire

extension FiveTuple {
  /// What a frame's headers say.
  init?(_ headers: Headers, _ bytes: UnsafeRawBufferPointer) {
    guard headers.network != .arp else {
      guard let message = ARPMessage(bytes, headers) else { return nil }
      self.init(
        transport: .arp, source: .v4(message.senderAddress),
        destination: .v4(message.targetAddress))
      return
    }
    let transport = TransportProtocol.number(headers.transport)
    let hasPorts = transport.hasPorts && !headers.isLaterFragment
    self.init(
      transport: transport, source: headers.sourceAddress, destination: headers.destinationAddress,
      sourcePort: hasPorts ? headers.sourcePort : nil,
      destinationPort: hasPorts ? headers.destinationPort : nil)
  }
}
