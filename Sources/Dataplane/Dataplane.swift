/// Dataplane: the packet path.
///
/// Frames come in as a `PacketVector`, each leaves with exactly one `Verdict`, and what is to be sent
/// stands in a `Transmission`. One `PacketPath` is one worker: it owns a flow table and counters and
/// takes its decisions from an immutable `Snapshot`. There is no I/O here; the same code runs live, over
/// a capture and for one explained packet (docs/packet-path.md).
///
/// Read next: `PacketPath.swift`, `Verdict.swift`, `Snapshot.swift`, `FlowTable.swift`.
