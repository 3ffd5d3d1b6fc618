import Model

extension Instance {
  /// R9: of the subnet of a NIC.
  /// - Throws: `ControlError.unknownNetworkInterface`.
  public func effectiveRoutes(of networkInterface: String) throws -> EffectiveRouteTable {
    EffectiveRouteTable(
      value: tables.effectiveRoutes(
        ofSubnet: try configuration.topology.subnet(ofNetworkInterface: networkInterface)))
  }

  /// N1: the groups of a NIC and of its subnet.
  /// - Throws: `ControlError.unknownNetworkInterface`.
  public func effectiveSecurityGroups(of networkInterface: String) throws
    -> EffectiveSecurityGroupList
  {
    tables.effectiveSecurityGroups(
      ofNetworkInterface: try configuration.topology.index(
        ofNetworkInterface: networkInterface))
  }

  /// R6: where another model would decide otherwise.
  /// - Throws: `ControlError.unknownNetworkInterface`, `.unknownPrecedence`.
  public func comparison(of networkInterface: String, with model: String) throws -> ModelComparison
  {
    guard let other = PrecedenceModel(rawValue: model) else {
      throw ControlError.unknownPrecedence(model)
    }
    return try ModelComparison(
      of: networkInterface, with: other, in: configuration.topology, tables: tables)
  }
}

extension Topology {
  /// - Throws: `ControlError.unknownNetworkInterface`.
  public func subnet(ofNetworkInterface name: String) throws(ControlError) -> Int {
    networkInterfaces[try index(ofNetworkInterface: name)].subnet
  }

  /// - Throws: `ControlError.unknownNetworkInterface`.
  public func index(ofNetworkInterface name: String) throws(ControlError) -> Int {
    guard let index = networkInterface(named: name) else {
      throw .unknownNetworkInterface(name, known: networkInterfaces.map(\.name))
    }
    return index
  }
}
