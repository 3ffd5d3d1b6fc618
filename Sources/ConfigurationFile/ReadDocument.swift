import Foundation
import Model

/// A configuration as written: resources as drafts, the rest still to be read with them known.
struct ConfigurationDocument {
  var path: String
  /// Where an error goes that has no better place.
  var place: Place
  var name: String
  var precedence: PrecedenceModel
  var icmpFollowsEndpoints: Bool
  var maximumFlows: Int
  var controlSocket: String
  var drafts: Drafts
  var serviceTags: ServiceTags
  var services: ServiceCatalogue
  var ports: Value?
  var bgp: Value?
  var edge: Value?
  var lab: Value?
}

/// The outermost keys.
enum ReadDocument {
  /// How many flows a worker holds unless told otherwise (F4).
  static let defaultMaximumFlows = 65_536

  static func read(_ value: Value) -> ConfigurationDocument? {
    guard let section = value.section("virtualNetworks: [...]") else { return nil }
    let path = value.place.file
    let name = name(section, path: path)
    let routing = section["routing"]?.section("precedence: service-endpoints")
    let precedence = routing?["precedence"]?.choice(of: PrecedenceModel.self)
    let icmp = routing?["icmpFollowsEndpoints"]?.boolean()
    routing?.finish()

    var drafts = Drafts()
    drafts.networks = resources(section, "virtualNetworks", ReadVirtualNetworks.network)
    drafts.routeTables = resources(section, "routeTables", ReadRouteTables.table)
    drafts.securityGroups = resources(
      section, "networkSecurityGroups", ReadSecurityGroups.group)
    drafts.endpointPolicies = resources(
      section, "serviceEndpointPolicies", ReadEndpointPolicies.policy)
    drafts.applicationSecurityGroups = resources(
      section, "applicationSecurityGroups", ReadSecurityGroups.applicationGroup)
    drafts.interfaces = resources(section, "networkInterfaces", ReadNetworkInterfaces.interface)
    drafts.publicAddresses = resources(
      section, "publicIPAddresses", ReadNetworkInterfaces.publicAddress(resource:))
    drafts.resources = resources(section, "resources") { ReadResources.resource($0) }
    drafts.roles = section["roleDefinitions"].map(ReadRoles.definitions) ?? []
    drafts.roleAssignments = section["roleAssignments"].map(ReadRoles.assignments) ?? []
    let (ports, bgp) = (section["ports"], section["bgp"])
    let (serviceTags, services) = catalogues(section)
    let flows = section["flows"]?.section("maximum: \(defaultMaximumFlows)")
    let maximum = flows?["maximum"]?.integer(1...1 << 24)?.value
    flows?.finish()
    let control = section["control"]?.section("socket: /run/spurline/lab.sock")
    let socket = control?["socket"].flatMap(socketPath)
    control?.finish()
    let (edge, lab) = (section["edge"], section["lab"])
    if let azure = section["azure"] { AzureIncludes.read(azure, into: &drafts) }
    section.passOver(section.keys.filter { $0.hasPrefix("x-") })
    section.finish()

    return ConfigurationDocument(
      path: path, place: value.place, name: name,
      precedence: precedence?.value ?? .serviceEndpoints, icmpFollowsEndpoints: icmp ?? false,
      maximumFlows: maximum ?? defaultMaximumFlows,
      controlSocket: socket ?? "/run/spurline/\(name).sock", drafts: drafts,
      serviceTags: serviceTags, services: services, ports: ports, bgp: bgp, edge: edge, lab: lab)
  }

  /// The configuration's name; without one, the file's, with what a name cannot have replaced.
  private static func name(_ section: Section, path: String) -> String {
    if let name = section["name"]?.identifier("the configuration's name") { return name.value }
    let file = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
    let letters = file.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
    let trimmed = letters.drop { $0 == "-" }.prefix(64)
    return trimmed.isEmpty ? "spurline" : String(trimmed)
  }

  private static func resources<Draft>(
    _ section: Section, _ key: String, _ read: (Value) -> Draft?
  ) -> [Draft] {
    section[key]?.list(of: "resources").compactMap(read) ?? []
  }

  private static func socketPath(_ value: Value) -> String? {
    guard let path = value.text("the path of a socket") else { return nil }
    guard path.value.hasPrefix("/") else {
      value.error("`\(path.value)` must be an absolute path such as `/run/spurline/lab.sock`")
      return nil
    }
    // `sun_path` of unix(7) holds 108 bytes, the last of them zero.
    guard path.value.utf8.count <= 107 else {
      value.error("is longer than 107 bytes, the most that a Unix socket's path can have")
      return nil
    }
    return path.value
  }
}
