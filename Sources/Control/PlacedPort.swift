import Dataplane
import Model

/// A port of a snapshot, and where it is served.
struct PlacedPort: Sendable {
  var record: PortRecord
  /// Its own for as long as the instance runs, whatever place it has in a snapshot.
  var number: UInt32
  /// The worker that receives from it. The others only send by it.
  var owner: Int
}

/// Which worker serves which port. A port stays where it is as long as it is there: what arrives by it must not be
/// received by two, nor by none, while a reload is under way.
struct PortPlaces: Sendable {
  private struct Key: Hashable {
    var port: String
    var device: Device
  }

  private let workers: Int
  private var places: [Key: PlacedPort] = [:]
  private var next: UInt32 = 0

  init(workers: Int) { self.workers = workers }

  /// The places of these ports; new ones go to the worker that has fewest. Ports that are not among them are forgotten
  /// once `settle` says so.
  mutating func place(_ records: [PortRecord]) -> [PlacedPort] {
    var load = Array(repeating: 0, count: workers)
    for place in places.values { load[place.owner] += 1 }
    return records.map { record in
      let key = key(record)
      if var place = places[key] {
        place.record = record
        return place
      }
      let owner = load.indices.min { (load[$0], $0) < (load[$1], $1) }!
      load[owner] += 1
      let place = PlacedPort(record: record, number: next, owner: owner)
      next += 1
      places[key] = place
      return place
    }
  }

  /// Only these are left.
  mutating func settle(on records: [PortRecord]) {
    let keys = Set(records.map(key))
    places = places.filter { keys.contains($0.key) }
  }

  private func key(_ record: PortRecord) -> Key {
    Key(port: record.key, device: record.device)
  }
}

/// What a worker opens a port for.
public enum PortRole: Sendable {
  /// It receives and sends.
  case whole
  /// Another worker receives from it.
  case sending
}
