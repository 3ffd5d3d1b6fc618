/// What one vector led to: the verdict of each of its frames, and the frames to send, in order, with
/// their ports. Frames point into the input vector (rewritten in place) or into memory of this value
/// (answers, resets, segments).
public struct Transmission: ~Copyable {
  public struct Item {
    public var port: PortID
    public var frame: Frame
    /// Index in the input vector of the frame that led to this one; nil for a reset of a switch.
    public var cause: Int?
  }

  /// In the order of the input vector's frames.
  public private(set) var verdicts: [Verdict] = []
  public private(set) var items: [Item] = []

  public init() {}
}
