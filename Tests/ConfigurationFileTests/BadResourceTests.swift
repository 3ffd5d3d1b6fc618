import Testing

/// Thirteen lines: two networks of two tenants, the first with endpoints; what a case adds begins in line 14.
private let networks = """
  virtualNetworks:
    - name: v
      location: westeurope
      tenant: contoso
      addressSpace: [10.0.0.0/16]
      subnets:
        - { name: a, addressPrefix: 10.0.1.0/24, serviceEndpoints: [Microsoft.Storage, Microsoft.Sql] }
        - { name: bare, addressPrefix: 10.0.2.0/24 }
    - name: w
      location: uksouth
      tenant: fabrikam
      addressSpace: [10.0.0.0/16]
      subnets: [{ name: a, addressPrefix: 10.0.1.0/24, serviceEndpoints: [Microsoft.Storage, Microsoft.Sql] }]

  """

/// Resources and their firewalls.
@Suite("bad configurations: I3 resources")
struct BadResourceTests {
  @Test("each mistake has its place and its message", arguments: cases)
  func message(_ bad: Bad) { bad.check() }

  /// An account with rules, in lines 14 to 19; the rules begin in line 18.
  private static func account(_ acls: String) -> String {
    networks + """
      resources:
        - name: account
          service: Microsoft.Storage
          location: westeurope
          tenant: contoso
          addresses: [20.60.26.4]
          networkAcls: \(acls)
      """
  }

  static let cases = [
    Bad(
      "everything missing",
      networks + """
        resources:
          - {}
          - { name: x, service: Microsoft.Storrage, location: westeurope }
          - { name: y, service: Microsoft.Sql }
        """,
      """
      15: resources[0].name: is missing; it must be the resource's name
      15: resources[0].service: is missing; it must be a service such as `Microsoft.Storage`
      16: resources[1].service: there is no service `Microsoft.Storrage`; did you mean `Microsoft.Storage`?
      17: resources[2].location: is missing; it must be a region such as `westeurope`
      """),
    Bad(
      "a misspelt key, and values of the wrong kind",
      networks + """
        resources:
          - name: x
            service: Microsoft.Storage
            location: westeurope
            adresses: [20.60.26.4]
            hostNames: [contoso, "a b.example.net", 20.60.26.4]
            id: x
            publicNetworkAccess: Open
        """,
      """
      18: resources[0].adresses: is not a key here; did you mean `addresses`?
      19: resources[0].hostNames[0]: `contoso` is not a host name such as `contoso.blob.core.windows.net`
      19: resources[0].hostNames[1]: `a b.example.net` is not a host name such as `contoso.blob.core.windows.net`
      19: resources[0].hostNames[2]: `20.60.26.4` is not a host name such as `contoso.blob.core.windows.net`
      20: resources[0].id: `x` is not an Azure resource ID such as `/subscriptions/S/resourceGroups/G/providers/...`
      21: resources[0].publicNetworkAccess: `Open` is not `Enabled`, `Disabled` or `SecuredByPerimeter`
      """),
    Bad(
      "rules without a default action",
      account("{ ipRules: [203.0.113.4] }"),
      """
      20: resources[0].networkAcls.defaultAction: is missing; it must be `Allow` or `Deny`
      """),
    Bad(
      "addresses that no IP rule holds",
      account(
        """
        { defaultAction: Deny, ipRules: [10.0.0.0/8, 203.0.113.4/31, 203.0.113.4/32, 203.0.113.1/24, "2001:db8::/32",
                { value: 192.168.1.1 }, { value: 203.0.113.0/24, action: Deny }, 100.64.0.0/12, storage] }
        """),
      """
      20: resources[0].networkAcls.ipRules[0]: `10.0.0.0/8` is private: an IP rule holds public addresses, and a subnet is admitted by a virtual-network rule
      20: resources[0].networkAcls.ipRules[1]: `203.0.113.4/31` is refused, as by Azure: ranges of /31 and /32 are written as addresses, `203.0.113.4` and `203.0.113.5`
      20: resources[0].networkAcls.ipRules[2]: `203.0.113.4/32` is refused, as by Azure: ranges of /31 and /32 are written as addresses, `203.0.113.4`
      20: resources[0].networkAcls.ipRules[3]: `203.0.113.1/24` has bits behind its length; did you mean `203.0.113.0/24`?
      20: resources[0].networkAcls.ipRules[4]: `2001:db8::/32` is IPv6; IP rules hold IPv4 addresses
      21: resources[0].networkAcls.ipRules[5].value: `192.168.1.1` is private: an IP rule holds public addresses, and a subnet is admitted by a virtual-network rule
      21: resources[0].networkAcls.ipRules[6].action: `Deny` is not `Allow`: a rule admits; `defaultAction` denies the others
      21: resources[0].networkAcls.ipRules[7]: `100.64.0.0/12` is shared by carriers: an IP rule holds public addresses, and a subnet is admitted by a virtual-network rule
      21: resources[0].networkAcls.ipRules[8]: `storage` is not a public address or range such as `203.0.113.0/24`
      """),
    Bad(
      "subnets that a rule cannot name",
      account(
        """
        { defaultAction: Deny, virtualNetworkRules: [v/b, v/bare, { id: w/a }, {}, a,
                { id: v/a, ignoreMissingVnetServiceEndpoint: true }, v/a,
                { id: /subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v }] }
        """),
      """
      20: resources[0].networkAcls.virtualNetworkRules[0]: there is no subnet `v/b`; did you mean `v/a`?
      20: resources[0].networkAcls.virtualNetworkRules[1]: v/bare has no endpoint for Microsoft.Storage; write it into the subnet's `serviceEndpoints` first
      20: resources[0].networkAcls.virtualNetworkRules[2].id: the network of w/a belongs to the tenant `fabrikam`, the resource to `contoso`: both must be under one tenant
      20: resources[0].networkAcls.virtualNetworkRules[3].id: is missing; it must be `network/subnet` or a subnet's ID
      20: resources[0].networkAcls.virtualNetworkRules[4]: `a` is in several networks; write `v/a` or `w/a`
      21: resources[0].networkAcls.virtualNetworkRules[5].id: Microsoft.Storage takes no rule before the subnet has the endpoint; remove `ignoreMissingVnetServiceEndpoint`
      21: resources[0].networkAcls.virtualNetworkRules[6]: v/a stands in another rule of the resource too; remove one
      22: resources[0].networkAcls.virtualNetworkRules[7].id: `/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v` is not the ID of a subnet
      """),
    Bad(
      "SQL in another region, and rules of its own",
      networks + """
        resources:
          - name: server
            service: Microsoft.Sql
            location: northeurope
            addresses: [20.61.99.200]
            virtualNetworkRules:
              - { name: r, virtualNetworkSubnetId: v/a }
              - { name: s, virtualNetworkSubnetId: v/bare, ignoreMissingVnetServiceEndpoint: maybe }
            firewallRules:
              - { name: f, startIpAddress: 203.0.113.9, endIpAddress: 203.0.113.4 }
              - { name: g, startIpAddress: 10.0.0.0, endIpAddress: 10.0.0.9 }
              - { startIpAddress: 203.0.113.9 }
        """,
      """
      20: resources[0].virtualNetworkRules[0].virtualNetworkSubnetId: the network of v/a is in westeurope, the resource in northeurope: a resource of Microsoft.Sql can be secured to networks of its own region alone
      21: resources[0].virtualNetworkRules[1].virtualNetworkSubnetId: the network of v/bare is in westeurope, the resource in northeurope: a resource of Microsoft.Sql can be secured to networks of its own region alone
      21: resources[0].virtualNetworkRules[1].virtualNetworkSubnetId: v/bare has no endpoint for Microsoft.Sql; write it into the subnet's `serviceEndpoints`, or `ignoreMissingVnetServiceEndpoint: true` here
      21: resources[0].virtualNetworkRules[1].ignoreMissingVnetServiceEndpoint: `maybe` is not `true` or `false`
      23: resources[0].firewallRules[0].endIpAddress: `203.0.113.4` is before `203.0.113.9`, the first address
      24: resources[0].firewallRules[1].startIpAddress: `10.0.0.0` to `10.0.0.9` is private: an IP rule holds public addresses, and a subnet is admitted by a virtual-network rule
      25: resources[0].firewallRules[2].name: is missing; it must be the rule's name
      25: resources[0].firewallRules[2].endIpAddress: is missing; it must be the last address
      """),
    Bad(
      "a geo-redundant account of another region, with a secondary that is no pair",
      networks + """
        resources:
          - name: account
            service: Microsoft.Storage
            location: northeurope
            secondaryLocation: uksouth
            addresses: [20.60.26.4]
            networkAcls: { defaultAction: Deny, virtualNetworkRules: [v/a] }
        """,
      """
      18: resources[0].secondaryLocation: `uksouth` is not the pair of northeurope, which is westeurope
      20: resources[0].networkAcls.virtualNetworkRules[0]: the network of v/a is in westeurope, the account's primary in northeurope: a geo-redundant account is secured to networks of its primary's region, or over an endpoint for Microsoft.Storage.Global
      """),
    Bad(
      "resources that cannot be told apart",
      networks + """
        resources:
          - { name: x, service: Microsoft.Storage, location: westeurope, addresses: [20.60.26.4], hostNames: [x.example.net] }
          - { name: X, service: Microsoft.Storage, location: westeurope, addresses: [20.60.26.4] }
          - { name: X, service: Microsoft.Sql, location: westeurope, addresses: [20.61.99.200], hostNames: [X.example.net.] }
        """,
      """
      16: resources[1].name: `X` is the name of another resource of Microsoft.Storage, in line 15
      16: resources[1].addresses[0]: `20.60.26.4` is an address of `x` too; resources that share one need `hostNames`, both
      17: resources[2].hostNames[0]: `x.example.net` is a host name of `x` too
      """),
    Bad(
      "more rules than the service's limit",
      networks + """
        resources:
          - name: registry
            service: Microsoft.ContainerRegistry
            location: westeurope
            addresses: [20.61.97.128]
            networkRuleSet:
              defaultAction: Deny
              ipRules: [\((1...101).map { "203.0.113.\($0)" }.joined(separator: ", "))]
        """,
      """
      21: resources[0].networkRuleSet.ipRules: has 101 IP rules; a resource of Microsoft.ContainerRegistry can have 100
      """),
  ]
}
