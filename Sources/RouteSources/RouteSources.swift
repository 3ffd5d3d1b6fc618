/// RouteSources: where prefixes and routes come from.
///
/// Service tags as Azure publishes them (`ServiceTagFile`), which services have endpoints and how far they
/// reach (`ServiceDataFile`), a small selection of both that ships with the program (`BuiltInCatalogue`),
/// and one routing table of the kernel, followed live by netlink (`KernelRoutes`): that is how routes come
/// from a BGP daemon. Files are read whole and refused with every problem named; nothing here decides
/// which route wins.
///
/// Read next: `ServiceTagFile.swift`, `BuiltInCatalogue.swift`, `KernelRoutes.swift`, `KernelRouteTable.swift`.
