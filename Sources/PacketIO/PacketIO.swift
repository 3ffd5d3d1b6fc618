/// PacketIO: where frames come from and go to.
///
/// A `Port` hands over vectors of frames and takes vectors of frames: an interface through libpcap, a
/// TAP device, a capture file. It knows nothing of what the frames mean.
///
/// Read next: `Port.swift`, `PcapPort.swift`, `TapPort.swift`, `CaptureReader.swift`.
