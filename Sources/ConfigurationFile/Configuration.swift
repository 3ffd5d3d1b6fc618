import Model

/// A whole configuration, validated: nothing in it refers to what is not there.
public struct Configuration: Sendable {
  /// BGP routes read live from a kernel table (R3).
  public struct KernelBGP: Hashable, Sendable {
    /// Index of the network whose gateway learns them.
    public var virtualNetwork: Int
    /// The kernel's routing table.
    public var table: Int
    /// Only routes of this protocol number (`/etc/iproute2/rt_protos`; BIRD is 12).
    public var routeProtocol: Int

    public init(virtualNetwork: Int, table: Int, routeProtocol: Int) {
      self.virtualNetwork = virtualNetwork
      self.table = table
      self.routeProtocol = routeProtocol
    }
  }

  public var path: String
  public var topology: Topology
  public var kernelBGP: [KernelBGP]
  /// Of the control API; default `/run/spurline/NAME.sock`.
  public var controlSocket: String
  /// F4.
  public var maximumFlows: Int
  public var lab: LabTopology?
  /// Roles, and who has which (I4).
  public var access: AccessControl
  /// What was decided about the rules of resources whose maker the file names, in the file's order: for the log.
  public var accessDecisions: [AccessDecision]
  /// What is probably not meant, but can be run.
  public var warnings: [ConfigurationProblem]

  public init(
    path: String, topology: Topology, kernelBGP: [KernelBGP] = [], controlSocket: String,
    maximumFlows: Int = 65_536, lab: LabTopology? = nil,
    access: AccessControl = AccessControl(), accessDecisions: [AccessDecision] = [],
    warnings: [ConfigurationProblem] = []
  ) {
    self.path = path
    self.topology = topology
    self.kernelBGP = kernelBGP
    self.controlSocket = controlSocket
    self.maximumFlows = maximumFlows
    self.lab = lab
    self.access = access
    self.accessDecisions = accessDecisions
    self.warnings = warnings
  }
}
