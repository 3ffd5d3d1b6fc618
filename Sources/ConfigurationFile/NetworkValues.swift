import Model
import Wire

/// Addresses, prefixes and the like, each with a message that says what was meant.
extension Value {
  func address() -> Located<IPAddress>? {
    parsed("an IP address such as `10.0.1.4`") { IPAddress($0) }
  }

  func macAddress() -> Located<MACAddress>? {
    guard
      let mac = parsed("a MAC address such as `02:00:0a:00:01:04`", { MACAddress($0) })
    else { return nil }
    guard !mac.value.isGroup, mac.value != .zero else {
      error("`\(mac.value)` is not the address of one interface; the first byte must be even")
      return nil
    }
    return mac
  }

  /// An address prefix with its length written, and no bits behind it.
  func prefix() -> Located<IPPrefix>? {
    guard let text = text("an address prefix such as `10.0.1.0/24`") else { return nil }
    return prefix(text.value).map { Located(value: $0, place: place) }
  }

  private func prefix(_ text: String) -> IPPrefix? {
    guard let meant = IPPrefix(lenient: text) else {
      error("`\(text)` is not an address prefix such as `10.0.1.0/24`")
      return nil
    }
    guard text.contains("/") else {
      error("`\(text)` has no length; write `\(meant)` if the one address is meant")
      return nil
    }
    guard IPPrefix(text) != nil else {
      error("`\(text)` has bits behind its length; did you mean `\(meant)`?")
      return nil
    }
    return meant
  }

  /// `addressPrefix: P`, `addressPrefixes: [P, ...]`.
  func prefixes() -> [Located<IPPrefix>] {
    list(of: "address prefixes").compactMap { $0.prefix() }
  }

  func region() -> Located<Region>? {
    text("a region such as `westeurope`").map { Located(value: Region($0.value), place: $0.place) }
  }

  /// A kernel interface's name.
  func deviceName() -> Located<String>? {
    guard let name = text("the name of an interface") else { return nil }
    guard DeviceName.isValid(name.value) else {
      error(
        "`\(name.value)` cannot be the name of an interface: at most 15 characters, no space, `/` or `:`"
      )
      return nil
    }
    return name
  }

  /// A word that may stand in paths and in the names of network namespaces.
  func identifier(_ what: String) -> Located<String>? {
    guard let name = text(what) else { return nil }
    let isValid = name.value.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
        UInt8(ascii: "."):
        true
      default: false
      }
    }
    guard isValid, name.value.utf8.count <= 64, name.value.first != ".", name.value.first != "-"
    else {
      error(
        "`\(name.value)` cannot be a name here: at most 64 letters, digits, `-`, `_` and `.`, "
          + "the first a letter, digit or `_`")
      return nil
    }
    return name
  }
}

enum DeviceName {
  /// The kernel's own rule (`dev_valid_name`), and ASCII only.
  static func isValid(_ name: String) -> Bool {
    (1...15).contains(name.utf8.count) && name != "." && name != ".."
      && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != 0x2f && $0 != 0x3a }
  }

  /// The name itself where an interface can have it; else a short one that is always the same.
  static func derived(from name: String) -> String {
    if isValid(name) { return name }
    let letters = name.lowercased().filter { $0.isASCII && ($0.isLetter || $0.isNumber) }
    let digest = String(Derived.hash(name) & 0xff_ffff, radix: 16)
    return letters.prefix(8) + "-" + digest
  }
}

/// Defaults that are made of names: always the same ones for the same file.
enum Derived {
  /// FNV-1a, 64 bits: short, and the same on every host.
  static func hash(_ text: String) -> UInt64 {
    text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }

  /// Locally administered and unicast (02:...).
  static func macAddress(for name: String) -> MACAddress {
    MACAddress(0x0200_0000_0000 | hash(name) & 0xff_ffff_ffff)
  }

  /// The largest identity: it has to fit the 24 bits of a VXLAN network identifier.
  static let maximumNetworkID = 0xff_ffff

  static func networkID(for name: String) -> Int {
    Int(hash(name.lowercased()) % UInt64(maximumNetworkID)) + 1
  }
}
