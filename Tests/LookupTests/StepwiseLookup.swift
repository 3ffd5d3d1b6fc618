@testable import Lookup

/// A lookup load by load, as any kernel makes it, so that a test can have a writer act between two of them.
enum LookupStep {
  case next(() -> LookupStep)
  case answer(UInt32)
}

/// A compiled form whose lookup the tests can walk through.
protocol StepwiseView: CompiledView {
  /// - Precondition: until the answer, the view is not given back.
  static func begin(_ key: Key, in view: UnsafeMutablePointer<Self>) -> LookupStep
}

extension StepwiseView {
  /// As `ForwardingTable.lookup` goes about it, for one address.
  static func begin(_ key: Key, in published: ViewPointer<Self>) -> LookupStep {
    let view = published.load()
    func goOn(_ step: LookupStep) -> LookupStep {
      switch step {
      case .next(let next): .next { goOn(next()) }
      case .answer(.max):
        .next {
          published.load() == view ? .answer(view.pointee.unrouted) : begin(key, in: published)
        }
      case .answer(let answer): .answer(answer)
      }
    }
    return goOn(begin(key, in: view))
  }
}

/// What the tests of `ForwardingTable` are made for.
protocol TestedKey: LookupKey where Compiled.View: StepwiseView {}

extension UInt32: TestedKey {}
extension UInt128: TestedKey {}

/// The argument of tests that are for both kinds of addresses.
enum Family: CaseIterable {
  case ipv4, ipv6

  var key: any TestedKey.Type {
    switch self {
    case .ipv4: UInt32.self
    case .ipv6: UInt128.self
    }
  }
}

extension IPv4View: StepwiseView {
  static func begin(_ key: UInt32, in view: UnsafeMutablePointer<IPv4View>) -> LookupStep {
    .next {
      let place = view.pointee.leafPlace(Int(key >> 13), key >> 8)
      return .next {
        let leaf = view.pointee.leaf(place)
        guard isSpill(leaf) else { return .answer(leaf) }
        return .next {
          let record = spillRecord(view.pointee.spillID(leaf)) + Int(key >> 5 & 7)
          let place = view.pointee.leafPlace(record, key)
          return .next { .answer(view.pointee.leaf(place)) }
        }
      }
    }
  }
}

extension IPv6View: StepwiseView {
  static func begin(_ key: UInt128, in view: UnsafeMutablePointer<IPv6View>) -> LookupStep {
    .next { follow(view.pointee.load(Int(key >> 112)), of: key << 16, view) }
  }

  /// - Parameter rest: what the word leads on to is about its first chunk.
  /// - Parameter bits: of it, that directories have used.
  private static func follow(
    _ word: UInt32, of rest: UInt128, used bits: Int = 0, _ view: UnsafeMutablePointer<IPv6View>
  ) -> LookupStep {
    guard leadsOn(word) else { return .answer(word) }
    let chunk = UInt16(rest >> 112)
    if isDirectory(word) {
      let left = chunk << UInt16(bits)
      let index = first(word) + Int(left >> (16 - UInt16(count(word))))
      return .next {
        follow(view.pointee.load(index), of: rest, used: bits + count(word), view)
      }
    }
    return .next {
      let index = first(word) + view.pointee.interval(of: chunk, in: word)
      return .next { follow(view.pointee.load(index), of: rest << 16, view) }
    }
  }
}
