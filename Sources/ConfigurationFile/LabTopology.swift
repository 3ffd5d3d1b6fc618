import Model
import Wire

/// The `lab:` section: the namespaces and links that stand around the dataplane. Their names are unique;
/// the namespace `fabric`, in which the dataplane runs, always exists.
public struct LabTopology: Sendable {
  /// A namespace that plays a host, a router or a service.
  public struct Namespace: Sendable {
    public enum Attachment: Hashable, Sendable {
      /// The guest's side of a NIC: it gets the NIC's MAC and guest addresses, and a default route
      /// to the subnet's gateway. Index into `Topology.networkInterfaces`.
      case networkInterface(Int)
      /// The far side of a port towards the world. Index into `Topology.worldPorts`.
      case worldPort(Int)
    }

    public var name: String
    /// The interface `eth0` in it leads to the dataplane.
    public var attachment: Attachment?
    /// Further addresses of `eth0`.
    public var addresses: [InterfaceAddress]
    /// Addresses of its loopback interface: what its servers listen on.
    public var loopbackAddresses: [InterfaceAddress]
    public var ipForwarding: Bool
    public var routes: [LabRoute]
    /// The service edge runs here (I2): its interfaces are the edge's ports.
    public var isEdge = false

    public init(
      name: String, attachment: Attachment? = nil, addresses: [InterfaceAddress] = [],
      loopbackAddresses: [InterfaceAddress] = [], ipForwarding: Bool = false,
      routes: [LabRoute] = []
    ) {
      self.name = name
      self.attachment = attachment
      self.addresses = addresses
      self.loopbackAddresses = loopbackAddresses
      self.ipForwarding = ipForwarding
      self.routes = routes
    }
  }

  /// An address with the length of its link's prefix, such as `192.0.2.1/30`.
  public struct InterfaceAddress: Hashable, Sendable, CustomStringConvertible {
    public var address: IPAddress
    public var prefixLength: Int

    public init(address: IPAddress, prefixLength: Int) {
      self.address = address
      self.prefixLength = prefixLength
    }

    public var description: String { "\(address)/\(prefixLength)" }
  }

  public struct LabRoute: Hashable, Sendable {
    public var destination: IPPrefix
    public var via: IPAddress?
    public var device: String?

    public init(destination: IPPrefix, via: IPAddress? = nil, device: String? = nil) {
      self.destination = destination
      self.via = via
      self.device = device
    }
  }

  /// A veth pair between two namespaces, beside the dataplane.
  public struct Link: Sendable {
    public struct End: Sendable {
      public var namespace: String
      public var device: String
      public var addresses: [InterfaceAddress]

      public init(namespace: String, device: String, addresses: [InterfaceAddress]) {
        self.namespace = namespace
        self.device = device
        self.addresses = addresses
      }
    }

    public var first: End
    public var second: End

    public init(first: End, second: End) {
      self.first = first
      self.second = second
    }
  }

  public var namespaces: [Namespace]
  public var links: [Link]

  public init(namespaces: [Namespace] = [], links: [Link] = []) {
    self.namespaces = namespaces
    self.links = links
  }
}
