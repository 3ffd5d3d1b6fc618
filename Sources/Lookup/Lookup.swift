/// Lookup: longest-prefix match for IPv4 and IPv6.
///
/// `PrefixTable` maps prefixes to 32-bit values. It is a multibit trie of stride 8: each node holds the
/// prefixes of eight consecutive lengths behind one path of octets, in bitmaps with popcount-compressed
/// arrays, and nothing is copied down to longer prefixes, so that one update touches one node. A copy of a
/// table is a snapshot made in constant time; a write after it copies the nodes of one path. The node
/// numbering is that of the allotment routing table (Hariguchi, "Allotment Routing Table", and bart).
/// It imports nothing and knows no addresses: a key is an unsigned number in host order.
///
/// Read next: `PrefixTable.swift`, `TrieNode.swift`, `TrieNode+Update.swift`, `TrieOwner.swift`.
