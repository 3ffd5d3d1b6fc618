import Model
import Wire

/// Links drafts into a topology: names become indices, defaults are filled in, and what contradicts
/// something else is reported. Steps run in the order of the references: networks, tables, groups,
/// NICs, ports.
struct BuildConfiguration {
  let document: ConfigurationDocument
  let findings: Findings
  var topology: Topology
  var kernelBGP: [Configuration.KernelBGP] = []
  /// By topology index: the drafts, whose places messages need.
  var networkDrafts: [NetworkDraft] = []
  var subnetDrafts: [SubnetDraft] = []
  /// In lower case, by `network/subnet` and by the subnet's name alone.
  var subnetsByName: [String: [Int]] = [:]
  /// What is wrong with endpoints in a region: many subnets have the same.
  var endpointProblems: [EndpointsOfRegion: [(index: Int, problem: EndpointProblem)]] = [:]
  var tableDrafts: [RouteTableDraft] = []
  var securityGroupDrafts: [SecurityGroupDraft] = []
  var applicationGroupDrafts: [ApplicationSecurityGroupDraft] = []
  var interfaceDrafts: [InterfaceDraft] = []
  var resourceDrafts: [ResourceDraft] = []
  var access = AccessControl()
  var accessDecisions: [AccessDecision] = []
  /// Interfaces of the dataplane's namespace, and what has them.
  var devices: [String: String] = [:]

  init(_ document: ConfigurationDocument, findings: Findings) {
    self.document = document
    self.findings = findings
    topology = Topology(
      name: document.name, precedence: document.precedence,
      icmpFollowsEndpoints: document.icmpFollowsEndpoints, serviceTags: document.serviceTags,
      services: document.services)
  }

  /// Nil, or something unfit for use, where errors were reported.
  mutating func build() -> Configuration? {
    buildNetworks()
    buildRouteTables()
    linkRouteTables()
    buildSecurityGroups()
    linkSecurityGroups()
    buildInterfaces()
    checkApplicationGroups()
    buildWorldPorts()
    warnOfSharedAddresses()
    buildBGP()
    buildPeerings()
    warnOfAppliances()
    buildRoles()
    buildResources()
    buildEndpointPolicies()
    topology.edge = document.edge.flatMap { buildEdge($0) }
    let lab = document.lab.map { buildLab($0) }
    guard findings.errors.isEmpty else { return nil }
    return Configuration(
      path: document.path, topology: topology, kernelBGP: kernelBGP,
      controlSocket: document.controlSocket, maximumFlows: document.maximumFlows, lab: lab,
      access: access, accessDecisions: accessDecisions)
  }

  /// Reports a name that an earlier element has, without regard to case.
  func refuseRepeated(_ names: [Located<String>], what: String) {
    var first: [String: Place] = [:]
    for name in names {
      if let earlier = first[name.value.lowercased()] {
        let line = earlier.file == name.place.file ? "line \(earlier.line)" : earlier.file
        findings.error(
          name.place, "`\(name.value)` is the name of another \(what), in \(line)")
      } else {
        first[name.value.lowercased()] = name.place
      }
    }
  }

  /// The network that a name or an ID means.
  func network(_ reference: Reference) -> Int? {
    let id = reference.id
    if let id {
      let exact = networkDrafts.firstIndex { $0.resourceID?.normalized == id.normalized }
      if let exact { return exact }
    }
    let name = (id?.name(of: "virtualNetworks") ?? reference.text).lowercased()
    return networkDrafts.firstIndex { $0.name.value.lowercased() == name }
  }

  /// The network called so; if there is none, that is reported.
  func network(named value: Value) -> Int? {
    guard let name = value.text("the name of a virtual network") else { return nil }
    if let index = network(Reference(text: name.value, place: name.place)) { return index }
    reportMissing(name, "virtual network", among: networkDrafts.map(\.name.value))
    return nil
  }

  func reportMissing(_ name: Located<String>, _ what: String, among names: [String]) {
    guard !findings.isIncomplete else { return }
    findings.error(
      name.place,
      "there is no \(what) `\(name.value)`"
        + Spelling.suggestion(for: name.value, among: names))
  }
}
