/// A view that its writer makes and gives back.
protocol OwnedView: CompiledView {
  /// The same memory under another default route.
  func with(unrouted: UInt32) -> Self
  /// Gives the memory back.
  func destroy()
}

extension IPv4View: OwnedView {}
extension IPv6View: OwnedView {}

/// The view in force, and what readers may still be looking at: views before it, and pieces of their memory.
/// Of one writer.
struct ViewSuccession<View: OwnedView, Piece>: ~Copyable {
  typealias Pointer = UnsafeMutablePointer<View>

  private enum Item {
    case piece(Piece)
    case view(Pointer)
    /// A view whose memory lives on in the next.
    case header(Pointer)
  }

  let published: ViewPointer<View>
  /// What the writer writes, and readers see unless it is being built.
  private(set) var current: Pointer
  /// What readers see while `current` is being built; nothing in `current` has to wait for them then.
  private var before: Pointer?
  private var retired: Retired<Item>

  init(_ view: View, _ domain: ReadDomain) {
    current = Self.allocate(view)
    published = ViewPointer(current)
    retired = Retired(domain)
  }

  deinit {
    // Readers keep the table alive, so that none is left.
    for item in retired.all {
      switch item {
      case .piece: break
      case .view(let old): Self.destroy(old)
      case .header(let old): old.deallocate()
      }
    }
    Self.destroy(current)
    published.deallocate()
  }

  private static func allocate(_ view: View) -> Pointer {
    let pointer = Pointer.allocate(capacity: 1)
    pointer.initialize(to: view)
    return pointer
  }

  private static func destroy(_ view: Pointer) {
    view.pointee.destroy()
    view.deallocate()
  }

  // MARK: - Views

  /// A view without routes takes the place of the current one; readers turn to it at `finishBuilding`.
  mutating func startBuilding(_ view: View) {
    // Pieces that wait are part of a view that goes as a whole.
    retired.removeAll { if case .piece = $0 { true } else { false } }
    before = current
    current = Self.allocate(view)
  }

  /// - Precondition: `startBuilding` came before.
  mutating func finishBuilding() {
    guard let before else { return }
    self.before = nil
    retired.add(.view(before))
    published.store(current)
  }

  /// Another view takes the place of the current one, which goes when its readers have turned to the other.
  mutating func replace(by view: View) {
    let old = current
    current = Self.allocate(view)
    if before != nil {
      Self.destroy(old)
    } else {
      retired.add(.view(old))
      published.store(current)
    }
  }

  /// Answers "no route" otherwise.
  mutating func setUnrouted(_ value: UInt32) {
    let old = current
    current = Self.allocate(old.pointee.with(unrouted: value))
    retired.add(.header(old))
    published.store(current)
  }

  // MARK: - What waits

  var retiredCount: Int { retired.count }

  /// - Precondition: a reader that comes now cannot reach the piece.
  mutating func retire(_ piece: Piece) { retired.add(.piece(piece)) }

  /// Gives back views that no reader sees any more: when enough waits, or with `force` all.
  /// - Returns: the pieces that none sees. They are the caller's, who may retire others on their account.
  mutating func collect(force: Bool) -> [Piece] {
    guard force || retired.isDue else { return [] }
    var pieces: [Piece] = []
    retired.collect {
      switch $0 {
      case .piece(let piece): pieces.append(piece)
      case .view(let old): Self.destroy(old)
      case .header(let old): old.deallocate()
      }
    }
    return pieces
  }
}
