/// Model: what a virtual network is, and where its packets go.
///
/// `Topology` holds the validated resources of a configuration as flat arrays that refer to each other
/// by index. `RoutingTables` turns them, with the routes learned by BGP, into forwarding tables, and
/// answers the one question of the packet path: from this subnet, to that destination, which route
/// (R1-R9 of the semantics; docs/architecture.md). `ResourceTable` says which resource of a service a request is
/// for, and whether its firewall admits the caller (I2-I5; docs/resources.md). It does no I/O and parses no files.
///
/// Read next: `Topology.swift`, `Route.swift`, `Precedence.swift`, `RoutingTables.swift`, `Contest.swift`,
/// `Resource.swift`, `CompiledFirewall.swift`.
