import Wire

/// `Wire`'s operations on arrays, for tests. Memory is exactly as large as it must be.
func parse(_ frame: [UInt8], wireLength: Int? = nil) throws(ParseError) -> Headers {
  let result = frame.withUnsafeBytes { bytes in
    Result { () throws(ParseError) in
      try Headers.parse(bytes, wireLength: wireLength ?? bytes.count)
    }
  }
  return try result.get()
}

/// What parsing comes to instead of headers; nil for none.
func parseError(_ frame: [UInt8], wireLength: Int? = nil) -> ParseError? {
  do throws(ParseError) {
    _ = try parse(frame, wireLength: wireLength)
    return nil
  } catch {
    return error
  }
}

func rewritten(
  _ frame: [UInt8], source: UInt128? = nil, destination: UInt128? = nil, isPartial: Bool = false
) throws(ParseError) -> [UInt8] {
  let headers = try parse(frame)
  var copy = frame
  copy.withUnsafeMutableBytes {
    AddressRewrite(source: source, destination: destination)
      .apply($0.baseAddress!, headers, isPartial: isPartial)
  }
  return copy
}

/// - Returns: the frame with its checksums computed, and what `completeChecksums` says of them.
func completed(_ frame: [UInt8]) throws(ParseError) -> (bytes: [UInt8], isDone: Bool) {
  let headers = try parse(frame)
  var copy = frame
  let isDone = copy.withUnsafeMutableBytes { completeChecksums($0, headers) }
  return (copy, isDone)
}

func isPartial(_ frame: [UInt8]) throws(ParseError) -> Bool {
  let headers = try parse(frame)
  return frame.withUnsafeBytes { hasPartialChecksum($0, headers) }
}

func checksumHolds(_ frame: [UInt8]) throws(ParseError) -> Bool {
  let headers = try parse(frame)
  return frame.withUnsafeBytes { transportChecksumHolds($0, headers) }
}

/// A frame that `body` writes into memory of so many bytes.
func written(
  _ capacity: Int, _ body: (UnsafeMutableRawBufferPointer) -> Int
) -> [UInt8] {
  let guarded = GuardedMemory(capacity: capacity)
  return withExtendedLifetime(guarded) {
    let memory = guarded.room(capacity)
    // Nothing may depend on what the memory held before.
    for index in memory.indices { memory[index] = 0xa5 }
    let length = body(memory)
    return Array(memory[..<length])
  }
}
