/// Wire: bytes and what they mean.
///
/// Addresses and prefixes, views over the headers of a frame, the parser that turns a frame into a
/// small fixed `Headers` descriptor, checksums, and rewriting in place; readers for the host name at the
/// beginning of a connection. It knows no routes, no flows and
/// no files, and does not import Foundation. Everything multi-byte is in network order in a frame and in
/// host order in a Swift value.
///
/// Read next: `Addresses.swift`, `Headers.swift`, `Checksum.swift`, `Rewrite.swift`.
