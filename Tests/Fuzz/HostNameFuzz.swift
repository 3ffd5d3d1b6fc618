import Wire

/// Bytes as the beginning of a connection, for libFuzzer (Tests/Fuzz/host-names). The first byte says how large the
/// pieces are; whatever it says, the answer has to be that of the whole, and a name has to be one.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzHostNames(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let input = UnsafeBufferPointer(start: bytes, count: count)
  guard let size = input.first.map({ Int($0 & 63) + 1 }) else { return 0 }
  let data = input.dropFirst()
  var whole = HostNameReader()
  let expected = whole.read(data)
  var reader = HostNameReader()
  var rest = data[...]
  var answer = HostNameReading.needMore
  while !rest.isEmpty {
    answer = reader.read(rest.prefix(size))
    rest = rest.dropFirst(size)
  }
  guard answer == expected else { fatalError("\(answer) in pieces, \(expected) as a whole") }
  if case .name(let name) = answer {
    let isName = name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && !(0x41...0x5a).contains($0) }
    guard isName, (1...253).contains(name.utf8.count) else { fatalError("`\(name)` is no name") }
  }
  return 0
}
