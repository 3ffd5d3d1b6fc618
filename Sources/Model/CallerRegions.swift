import Lookup
import Wire

/// In which Azure region a public source address is: what the same-region rule of storage asks (I3).
///
/// The public address of a NIC is in its network's region. Of any other the tags `AzureCloud.REGION` tell, where the
/// tag file has them; what neither knows is outside of Azure.
public struct CallerRegions: Sendable {
  private var owners: [IPAddress: Int] = [:]
  /// By which hosts are known (R8); in the region of the network whose machine they run.
  private var hosts: [IPAddress: Int] = [:]
  private let networks: [Region]
  private var regions: [Region] = []
  private var table = PrefixTable<UInt32>()

  public init(_ topology: Topology) {
    networks = topology.virtualNetworks.map(\.region)
    for nic in topology.networkInterfaces {
      for address in nic.ipConfigurations.compactMap(\.publicAddress) {
        owners[address] = topology.subnets[nic.subnet].virtualNetwork
      }
      if let host = nic.platformAddress {
        hosts[host] = topology.subnets[nic.subnet].virtualNetwork
      }
    }
    // The tags' values for regions are not always the programmatic names that networks and resources have.
    var programmatic: [Region: Region] = [:]
    for region in networks + topology.resources.flatMap({ [$0.region, $0.region(at: .secondary)] })
    {
      for value in topology.serviceTags.publishedRegions(of: region, for: "AzureCloud") {
        programmatic[value] = region
      }
    }
    for tag in topology.serviceTags.regionalTags(of: "AzureCloud") {
      guard let region = tag.region else { continue }
      let value = UInt32(regions.count)
      regions.append(programmatic[region] ?? region)
      for prefix in tag.prefixes where prefix.isIPv4 {
        table.insert(
          UInt32(truncatingIfNeeded: prefix.address.bits), length: prefix.length, value: value)
      }
    }
  }

  /// Nil for what is outside of Azure.
  public func region(of address: IPAddress) -> Region? {
    if let network = owners[address] ?? hosts[address] { return networks[network] }
    guard case .v4(let address) = address, let match = table.longestMatch(address.bits) else {
      return nil
    }
    return regions[Int(match.value)]
  }

  /// What comes from the Internet, or from on-premises through its NAT, and not over an endpoint; or from a host, for a
  /// machine's disks.
  public func caller(_ source: IPAddress) -> Caller {
    Caller(source: source, region: region(of: source), isPlatform: hosts[source] != nil)
  }
}
