/// Lookup: longest-prefix match for IPv4 and IPv6.
///
/// `PrefixTable` maps prefixes to 32-bit values. It is a multibit trie of stride 8: each node holds the
/// prefixes of eight consecutive lengths behind one path of octets, in bitmaps with popcount-compressed
/// arrays, and nothing is copied down to longer prefixes, so that one update touches one node. A copy of a
/// table is a snapshot made in constant time; a write after it copies the nodes of one path. The node
/// numbering is that of the allotment routing table (Hariguchi, "Allotment Routing Table", and bart).
///
/// `ForwardingTable` is that and, beside it, the same routes in a form made for looking up by the vector: a few
/// MiB for a full Internet table, kept exact by each update while any number of readers look up without a
/// lock. `IPv4View` and `IPv6View` say what the memory holds, `IPv4Compiled` and `IPv6Compiled` write it,
/// `ReadDomain` tells when what was replaced is free. The C of `CKernels` has what Swift cannot express: gather
/// instructions, with a twin in Swift, and memory in huge pages.
///
/// The module knows no addresses: a key is an unsigned number in host order.
///
/// Read next: `PrefixTable.swift`, `TrieNode.swift`; `ForwardingTable.swift`, `IPv4View.swift`,
/// `IPv4Compiled+Update.swift`, `ReadDomain.swift`.
