import Lookup

/// A short prefix over many routes that comes and goes.
struct WorstCase: Encodable {
  var prefix: String
  /// How many routes it holds.
  var routes: Int
  /// Milliseconds, one for each repetition.
  var insert: [Double] = []
  var remove: [Double] = []
  var refused = 0
}

extension UpdateMeasurement {
  private static var repetitions: Int { 15 }

  /// The table is afterwards as it was before.
  func worst(_ target: inout some UpdateTarget<Key>) -> WorstCase {
    let length = Key.worstLength
    let (key, inside) = routes.fullest(length: length)
    var result = WorstCase(prefix: Key.text(key, length: length), routes: inside)
    let present = routes.sorted.first { $0.key == key && $0.length == length }?.value
    // A value that no route has, so that everything under it changes.
    let announce = RouteUpdate(key: key, length: length, value: present ?? 255)
    let withdraw = RouteUpdate(key: key, length: length, value: 0)
    let updates = RouteUpdates(present == nil ? [announce, withdraw] : [withdraw, announce])
    for _ in 0..<Self.repetitions {
      let times = UpdateTimes.measure(updates, to: &target)
      let milliseconds = times.nanoseconds.map { Double($0) / 1e6 }
      result.insert.append(milliseconds[present == nil ? 0 : 1])
      result.remove.append(milliseconds[present == nil ? 1 : 0])
      result.refused += times.refused
    }
    return result
  }
}
