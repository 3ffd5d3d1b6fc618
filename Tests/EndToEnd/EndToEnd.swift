import Testing

/// One test after the other: each looks at what a lab leaves on the host, and would see another's.
@Suite("End to end", .serialized, .enabled(if: Program.hasNamespaces)) enum EndToEnd {}
