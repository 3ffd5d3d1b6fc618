import TestSupport

extension SeededGenerator {
  mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) }
  }

  /// Mostly few, sometimes as many as an Ethernet frame holds, odd as often as even.
  mutating func payload() -> [UInt8] {
    switch Int.random(in: 0..<10, using: &self) {
    case 0: []
    case 1: bytes(.random(in: 1_000...1_400, using: &self))
    // Zeros and ones are where one's-complement arithmetic has its two zeros.
    case 2: Array(repeating: 0, count: .random(in: 1...64, using: &self))
    case 3: Array(repeating: 0xff, count: .random(in: 1...64, using: &self))
    default: bytes(.random(in: 1...100, using: &self))
    }
  }
}

extension TestFrame {
  /// Any frame that is right, of every kind that `Wire` tells apart.
  static func random(_ generator: inout SeededGenerator) -> TestFrame {
    let isIPv6 = Bool.random(using: &generator)
    let width = isIPv6 ? 16 : 4
    var frame = TestFrame(
      source: generator.bytes(width), destination: generator.bytes(width),
      segment: .random(isIPv6: isIPv6, &generator))
    frame.sourceMAC = generator.bytes(6)
    frame.destinationMAC = generator.bytes(6)
    frame.hopLimit = .random(in: 1...255, using: &generator)
    frame.identification = .random(in: 0...(isIPv6 ? .max : 0xffff), using: &generator)
    frame.dontFragment = .random(using: &generator)
    let types: [[UInt8]] = [[0x81, 0], [0x88, 0xa8], [0x91, 0]]
    frame.tags = (0..<[0, 0, 0, 1, 1, 2, 4].randomElement(using: &generator)!).map { _ in
      types.randomElement(using: &generator)! + generator.bytes(2)
    }
    if isIPv6 {
      frame.addExtensions(&generator)
    } else if Int.random(in: 0..<4, using: &generator) == 0 {
      frame.addOptions(&generator)
    }
    if Int.random(in: 0..<4, using: &generator) == 0 { frame.cut(&generator) }
    if Int.random(in: 0..<4, using: &generator) == 0 {
      frame.padding = generator.bytes(.random(in: 1...46, using: &generator))
    }
    return frame
  }

  private mutating func addOptions(_ generator: inout SeededGenerator) {
    let hop = generator.bytes(4)
    let choices: [[UInt8]] = [
      [1, 1, 1, 0],
      [0x94, 4, 0, 0],
      // Record route, with room for two addresses: not copied into later fragments.
      [7, 11, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0],
      // A loose source route at its end.
      [131, 7, 8] + hop + [0],
      // A strict one that leads on to `hop`.
      [137, 7, 4] + hop + [0],
    ]
    options = choices.randomElement(using: &generator)!
    if options[0] == 137 { finalDestination = hop }
  }

  private mutating func addExtensions(_ generator: inout SeededGenerator) {
    for kind in 0..<5 where Int.random(in: 0..<6, using: &generator) == 0 {
      switch kind {
      case 0: extensions.append((0, [0, 5, 2, 0, 0, 1, 0]))
      case 1: extensions.append((60, [1, 1, 12] + [UInt8](repeating: 0, count: 12)))
      case 2:
        // A segment routing header whose last segment is the first in the list, followed or not.
        let last = generator.bytes(16)
        let left = UInt8.random(in: 0...1, using: &generator)
        extensions.append((43, [4, 4, left, 1, 0, 0, 0] + last + generator.bytes(16)))
        if left > 0 { finalDestination = last }
      case 3: extensions.append((51, [4, 0, 0] + generator.bytes(20)))
      default: extensions.append((60, [0, 1, 4, 0, 0, 0, 0]))
      }
    }
  }

  /// Keeps one fragment: the first, with its transport header, or a later one.
  private mutating func cut(_ generator: inout SeededGenerator) {
    let count = segment.bytes.count
    let first = (segment.headerLength + 7) / 8 * 8
    guard first > 0, count > first else { return }
    let boundary = Int.random(in: first / 8...(count - 1) / 8, using: &generator) * 8
    fragment = Bool.random(using: &generator) ? 0..<boundary : boundary..<count
  }
}

extension Segment {
  static func random(isIPv6: Bool, _ generator: inout SeededGenerator) -> Segment {
    let source = Int.random(in: 0...65_535, using: &generator)
    let destination = Int.random(in: 0...65_535, using: &generator)
    let payload = generator.payload()
    switch Int.random(in: 0..<12, using: &generator) {
    case 0...3:
      let options: [UInt8] =
        Bool.random(using: &generator) ? [1, 1, 8, 10] + generator.bytes(8) : []
      return .tcp(
        source, destination, sequence: .random(in: 0...UInt32.max, using: &generator),
        acknowledgment: .random(in: 0...UInt32.max, using: &generator),
        flags: .random(in: 0...255, using: &generator), options: options, payload: payload)
    case 4...6:
      let surplus = Int.random(in: 0..<4, using: &generator) == 0 ? generator.bytes(5) : []
      return .udp(source, destination, payload, surplus: surplus)
    case 7: return .udpLite(source, destination, payload)
    case 8: return .dccp(source, destination, payload)
    case 9: return .sctp(source, destination, payload)
    case 10: return .echo(isIPv6: isIPv6, identifier: source, payload)
    default: return .other(47, payload)
    }
  }
}
