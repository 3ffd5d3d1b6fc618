/// What was measured of a table, beside lookups.
struct TableFigures: Encodable {
  var name: String
  /// To build it from routes in no order; seconds, one for each time.
  var build: [Double] = []
  /// Prefixes that it would not take.
  var refused = 0
  /// Bytes that lookups read, those with what only updates need, and, of peers' former, those in huge pages.
  var memory = TableMemory()
  /// Ours after all updates.
  var memoryAfterUpdates: TableMemory?
  /// What is wrong with our answers after all updates.
  var wrongAfterUpdates: String?
  var ownUpdates: OwnUpdateFigures?
  var peerUpdates: PeerUpdateFigures?
  /// Why updates were not measured.
  var withoutUpdates: String?

  init(_ name: String) { self.name = name }
}

struct TableMemory: Encodable {
  var readSide = 0
  var all = 0
  var huge: Int?
}
