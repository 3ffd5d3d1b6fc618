/// Replay: captures in; verdicts, expectations and captures out.
///
/// A `Replay` sends every packet of a capture through the packet path that forwards live traffic, with time
/// taken from the capture, and hands out one `ReplayedPacket` each, in the capture's order. What is
/// done with them stands beside it: JSON lines, a summary, a capture of what leaves each port,
/// expectations with their JUnit report. `explain` builds its one packet here, too. The module decides
/// nothing about packets itself, except which port one arrived at: `PortAssignment.swift`.
///
/// Read next: `ReplayRun.swift`, `PortAssignment.swift`, `Expectation.swift`, `PacketProbe.swift`.
