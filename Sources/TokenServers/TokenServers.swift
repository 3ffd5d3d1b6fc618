/// TokenServers: the lab's directory service and its Data Lake Gen1 store, as two HTTP servers behind a service edge (I7).
///
/// The `Directory` signs tokens for principals who sign in. From which network they do that it cannot see in the packets,
/// which have lost their identity at the edge: it asks the edge, by its control socket (`EdgeCallers`), whose the
/// request's TCP connection is. The `Account` admits to its files by the claim in the token, and by public addresses.
///
/// Read next: `Directory.swift`, `EdgeCallers.swift`, `Account.swift`, `StoreRoutes.swift`.
