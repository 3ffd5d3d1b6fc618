/// The resources of a JSON document: an ARM template, a list as `az ... list` prints it, the `value` of a REST
/// answer, or one resource.
struct AzureDocument {
  let source: Source
  var scope: TemplateScope
  private(set) var drafts = Drafts()
  /// Types without effect here that were warned of.
  private var warned: Set<String> = []
  /// Subnets, routes, peerings and security rules that stand apart from what they belong to.
  private var children: [(type: String, parent: String, value: Value)] = []

  private static let maximumDepth = 8

  init(source: Source, scope: TemplateScope) {
    self.source = source
    self.scope = scope
  }

  mutating func read(_ root: SourceNode) {
    if let elements = root.elements {
      resources(elements, field: "", parent: nil, depth: 0)
    } else if root["resources"] != nil, root["type"] == nil {
      template(root, field: "", depth: 0)
    } else if let value = root["value"], let elements = value.elements {
      resources(elements, field: "value", parent: nil, depth: 0)
    } else if root["type"] != nil {
      resource(root, field: "", parent: nil, depth: 0)
    } else {
      refuse(root)
    }
    attachChildren()
  }

  private func refuse(_ root: SourceNode) {
    source.findings.isIncomplete = true
    let value = Value(root, field: "", source: source)
    let schema = root["$schema"]?.text ?? ""
    if schema.contains("buildingBlocks") {
      value.error(
        "is a file of the Azure Building Blocks tool, not an ARM template: it has no `resources`; "
          + "export the template of what it deployed")
    } else if root["parameters"] != nil {
      value.error(
        "is a parameter file, not an ARM template: it has no `resources`; name the template")
    } else {
      value.error(
        "holds no resources: it must be an ARM template with `resources`, a list of resources, "
          + "or one resource with a `type`")
    }
  }

  /// `resources` is a list, or since language version 2.0 a mapping of symbolic names.
  private mutating func template(_ node: SourceNode, field: String, depth: Int) {
    let outer = scope
    scope.declare(template: node)
    if let list = node["resources"] {
      let path = field.isEmpty ? "resources" : "\(field).resources"
      if case .mapping(let entries) = list.content {
        for entry in entries where entry.value["existing"]?.text != "true" {
          resource(
            scope.resolve(entry.value), field: "\(path).\(entry.key)", parent: nil, depth: depth)
        }
      } else {
        resources(list.elements ?? [], field: path, parent: nil, depth: depth, inTemplate: true)
      }
    }
    scope = outer
  }

  private mutating func resources(
    _ elements: [SourceNode], field: String, parent: (type: String, name: String)?, depth: Int,
    inTemplate: Bool = false
  ) {
    for (index, element) in elements.enumerated() {
      // Inside a nested template expressions are resolved in its own scope, later.
      let isDeployment = element["type"]?.text?.lowercased() == "microsoft.resources/deployments"
      resource(
        inTemplate && !isDeployment ? scope.resolve(element) : element, field: "\(field)[\(index)]",
        parent: parent, depth: depth)
    }
  }

  private mutating func resource(
    _ node: SourceNode, field: String, parent: (type: String, name: String)?, depth: Int
  ) {
    let value = Value(node, field: field, source: source)
    guard let typeText = node["type"]?.text else {
      value.error("has no `type`; a resource needs one such as `Microsoft.Network/virtualNetworks`")
      return
    }
    let type = (parent.map { "\($0.type)/" } ?? "") + typeText.lowercased()
    if type == "microsoft.resources/deployments" {
      deployment(node, field: field, depth: depth)
      return
    }
    guard Self.isRead(type) else {
      warn(of: type, value)
      return
    }
    guard isDeployed(node, value) else { return }
    if let copy = node["copy"] {
      Value(copy, field: "\(field).copy", source: source)
        .error("is a loop, which is not run here; export the resources once they are deployed")
      return
    }
    add(type, value, parent: parent)
    if let inner = node["resources"]?.elements, let name = node["name"]?.text {
      self.resources(inner, field: "\(field).resources", parent: (type, name), depth: depth)
    }
  }

  private static func isRead(_ type: String) -> Bool {
    [
      "microsoft.network/virtualnetworks", "microsoft.network/virtualnetworks/subnets",
      "microsoft.network/virtualnetworks/virtualnetworkpeerings", "microsoft.network/routetables",
      "microsoft.network/routetables/routes", "microsoft.network/networkinterfaces",
      "microsoft.network/publicipaddresses", "microsoft.network/networksecuritygroups",
      "microsoft.network/networksecuritygroups/securityrules",
      "microsoft.network/applicationsecuritygroups", "microsoft.network/serviceendpointpolicies",
      "microsoft.network/serviceendpointpolicies/serviceendpointpolicydefinitions",
    ].contains(type) || type.hasPrefix("microsoft.classicnetwork/")
      || AzureResourceTypes.isRead(type)
  }

  private mutating func add(_ type: String, _ value: Value, parent: (type: String, name: String)?) {
    if let service = AzureResourceTypes.service(of: type) {
      drafts.resources += [ReadResources.resource(value, service: service)].compactMap { $0 }
      return
    }
    switch type.split(separator: "/").last.map(String.init) {
    case "virtualnetworks":
      drafts.networks += [ReadVirtualNetworks.network(value)].compactMap { $0 }
    case "routetables": drafts.routeTables += [ReadRouteTables.table(value)].compactMap { $0 }
    case "networkinterfaces":
      drafts.interfaces += [ReadNetworkInterfaces.interface(value)].compactMap { $0 }
    case "networksecuritygroups":
      drafts.securityGroups += [ReadSecurityGroups.group(value)].compactMap { $0 }
    case "serviceendpointpolicies":
      drafts.endpointPolicies += [ReadEndpointPolicies.policy(value)].compactMap { $0 }
    case "applicationsecuritygroups":
      drafts.applicationSecurityGroups +=
        [ReadSecurityGroups.applicationGroup(value)].compactMap { $0 }
    case "publicipaddresses":
      drafts.publicAddresses +=
        [ReadNetworkInterfaces.publicAddress(resource: value)].compactMap { $0 }
    default:
      let name = value.node["name"]?.text ?? ""
      let written = name.split(separator: "/").dropLast().last.map(String.init)
      let id = value.node["id"]?.text.flatMap { ResourceID($0) }
      guard let owner = parent?.name ?? written ?? id?.parts.first?.name else {
        value.error("does not say to what it belongs; its `name` must be `parent/child`")
        return
      }
      children.append((type, owner, value))
    }
  }

  private mutating func attachChildren() {
    for (type, parent, value) in children {
      let key = parent.lowercased()
      let isFound: Bool
      if AzureResourceTypes.isRead(type) {
        isFound = AzureResourceTypes.attach(
          value, type: type, parent: key, to: &drafts.resources)
      } else if type.hasSuffix("/routes") {
        isFound = attach(to: key, in: \.routeTables, name: \.name.value) {
          $0.routes += [ReadRouteTables.route(value)].compactMap { $0 }
        }
      } else if type.hasSuffix("/serviceendpointpolicydefinitions") {
        isFound = attach(to: key, in: \.endpointPolicies, name: \.name.value) { policy in
          guard let definition = ReadEndpointPolicies.definition(value) else { return }
          policy.definitions = Drafts.joined(
            policy.definitions, [definition], name: \.name.value
          ) { $1 }
        }
      } else if type.hasSuffix("/securityrules") {
        isFound = attach(to: key, in: \.securityGroups, name: \.name.value) { group in
          guard let rule = ReadSecurityGroups.rule(value) else { return }
          group.rules = Drafts.joined(group.rules, [rule], name: \.name.value) { $1 }
        }
      } else {
        isFound = attach(to: key, in: \.networks, name: \.name.value) { network in
          if type.hasSuffix("/subnets") {
            guard let subnet = ReadVirtualNetworks.subnet(value) else { return }
            network.subnets = Drafts.joined(network.subnets, [subnet], name: \.name.value) { $1 }
          } else {
            network.peerings += [ReadVirtualNetworks.peering(value)].compactMap { $0 }
          }
        }
      }
      if !isFound {
        value.error("belongs to `\(parent)`, which is not in this file; include both in one file")
      }
    }
  }

  private mutating func attach<Draft>(
    to name: String, in list: WritableKeyPath<Drafts, [Draft]>, name path: KeyPath<Draft, String>,
    _ change: (inout Draft) -> Void
  ) -> Bool {
    guard
      let index = drafts[keyPath: list].firstIndex(where: { $0[keyPath: path].lowercased() == name }
      )
    else { return false }
    change(&drafts[keyPath: list][index])
    return true
  }

  private func isDeployed(_ node: SourceNode, _ value: Value) -> Bool {
    guard let condition = node["condition"] else { return true }
    do {
      return try scope.truth(scope.known(condition.content))
    } catch {
      Value(condition, field: "\(value.place.field).condition", source: source)
        .error("cannot be decided: \(error.reason)")
      return false
    }
  }

  /// A template within a template. Its expressions see the outer one's parameters and variables unless it
  /// says `scope: inner`.
  private mutating func deployment(_ node: SourceNode, field: String, depth: Int) {
    let value = Value(node, field: field, source: source)
    guard isDeployed(scope.resolve(node), value) else { return }
    guard depth < Self.maximumDepth else {
      value.error("is nested deeper than \(Self.maximumDepth) templates, the most that is read")
      return
    }
    guard let properties = node["properties"], let inner = properties["template"] else {
      source.findings.warning(
        value.place,
        "is a deployment of a template that is elsewhere; include that file to have its resources")
      return
    }
    let field = "\(field).properties.template"
    let mode = properties["expressionEvaluationOptions"]?["scope"]?.text?.lowercased()
    guard mode == "inner" else {
      let list = inner["resources"]?.elements ?? []
      resources(list, field: "\(field).resources", parent: nil, depth: depth + 1, inTemplate: true)
      return
    }
    let outer = scope
    let given = TemplateScope.table(properties["parameters"]).compactMapValues { $0["value"] }
    scope.given = given.mapValues { outer.resolve($0) }
    template(inner, field: field, depth: depth + 1)
    scope = outer
  }

  /// Things that would change where packets go, if they were simulated.
  private mutating func warn(of type: String, _ value: Value) {
    let relevant = [
      "natgateways", "azurefirewalls", "loadbalancers",
      "virtualnetworkgateways", "virtualwans", "virtualhubs",
      "applicationgateways",
    ]
    guard type.hasPrefix("microsoft.network/"),
      let last = type.split(separator: "/").last.map(String.init), relevant.contains(last),
      warned.insert(type).inserted
    else { return }
    source.findings.warning(
      value.place, "resources of the type `\(value.node["type"]?.text ?? type)` are not applied")
  }
}
