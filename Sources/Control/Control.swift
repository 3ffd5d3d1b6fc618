/// Control: a running instance and how it is talked to.
///
/// A `Worker` is the one thread that owns the ports and the packet path. An `Instance` holds what may
/// change while it runs (configuration, routes, endpoints), turns each change into one new snapshot, and
/// hands that to the worker. `ControlServer` puts the instance behind HTTP on a Unix socket, and
/// `ControlClient` is the other end of that socket. What travels between the two are the reports of this
/// module, as JSON; the same reports become text as a `Table`.
///
/// Read next: `Worker.swift`, `WorkerCore.swift`, `Instance.swift`, `ControlServer.swift`.
