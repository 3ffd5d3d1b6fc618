import ConfigurationFile
import Foundation
import Model
import Testing
import Wire

/// Every key at once, flat and as ARM nests it.
@Suite("every key")
struct AllKeysTests {
  static let yaml = """
    name: all-keys
    routing: { precedence: observed, icmpFollowsEndpoints: true }
    flows: { maximum: 1000 }
    control: { socket: /tmp/all.sock }
    serviceTags: builtin
    services: builtin
    virtualNetworks:
      - name: hub
        id: 7
        location: West Europe
        tenant: contoso
        subscription: production
        resourceGroup: network
        addressSpace: [10.0.0.0/16]
        subnets:
          - name: GatewaySubnet
            addressPrefix: 10.0.255.0/27
          - name: nva
            addressPrefix: 10.0.1.0/24
        virtualNetworkPeerings:
          - { name: to-spoke, remoteVirtualNetwork: spoke, allowGatewayTransit: true, allowForwardedTraffic: true }
      - name: spoke
        location: northeurope
        addressSpace: { addressPrefixes: [10.1.0.0/16] }
        subnets:
          - name: app
            addressPrefixes: [10.1.1.0/24, 10.1.2.0/24]
            networkSecurityGroup: nsg
            serviceEndpointPolicies: [policy]
            routeTable: { id: /subscriptions/s/resourceGroups/g/providers/Microsoft.Network/routeTables/TABLE }
            number: 12
            delegations: [{ name: web, serviceName: Microsoft.Web/serverFarms, actions: [] }, Microsoft.Sql/managedInstances]
            serviceEndpoints:
              - Microsoft.KeyVault
              - { service: Microsoft.Storage, locations: [northeurope, West Europe] }
        virtualNetworkPeerings:
          - remoteVirtualNetwork: { id: /subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/hub }
            useRemoteGateways: true
    routeTables:
      - name: table
        disableBgpRoutePropagation: true
        routes:
          - { name: appliance, addressPrefix: 0.0.0.0/0, nextHopType: VirtualAppliance, nextHopIpAddress: 10.0.1.4 }
          - { name: tag, addressPrefix: storage.westeurope, nextHopType: internet }
          - { name: gateway, addressPrefix: 10.9.0.0/16, nextHopType: VirtualNetworkGateway }
          - { name: local, addressPrefix: 10.8.0.0/16, nextHopType: VNetLocal }
          - { name: none, addressPrefix: 10.7.0.0/16, nextHopType: None }
    applicationSecurityGroups: [{ name: web }]
    serviceEndpointPolicies:
      - name: policy
        serviceEndpointPolicyDefinitions: [{ name: d, service: Microsoft.Storage, serviceResources: [/subscriptions/s] }]
    networkSecurityGroups:
      - name: nsg
        securityRules:
          - { name: a, description: x, priority: 100, direction: Inbound, access: Allow, protocol: Tcp, sourceAddressPrefix: "*", sourcePortRange: "*", destinationApplicationSecurityGroups: [web], destinationPortRange: 443 }
          - { name: b, priority: 100, direction: Outbound, access: Deny, protocol: Udp, sourceAddressPrefixes: [10.0.0.0/8], sourcePortRanges: [53], destinationAddressPrefixes: [Internet], destinationPortRanges: [1-9] }
          - { name: c, priority: 101, direction: Outbound, access: Deny, protocol: "*", sourceApplicationSecurityGroups: [web], destinationAddressPrefix: "*", destinationPortRange: "*" }
    publicIPAddresses:
      - { name: vm1-ip, ipAddress: 203.0.113.4 }
    networkInterfaces:
      - name: nva
        subnet: hub/nva
        macAddress: 00-0D-3A-AA-BB-CC
        enableIPForwarding: true
        ipConfigurations: [{ name: ipconfig1, privateIPAddress: 10.0.1.4 }]
        port: nva0
      - name: vm1
        subnet: app
        guestAddress: public
        networkSecurityGroup: nsg
        ipConfigurations:
          - { privateIPAddress: 10.1.1.4, publicIPAddress: vm1-ip, applicationSecurityGroups: [web] }
          - { privateIPAddress: 10.1.2.9 }
        port: { tap: tap1, namespace: guests, mtu: 9000 }
        platform: { device: vm1-disk }
        platformAddress: 203.0.113.129
    ports:
      internet: { device: wan, macAddress: 02:00:00:00:01:01, peerMacAddress: 02:00:00:00:01:02, addresses: [192.0.2.1, "2001:db8::1"], mtu: 1400 }
      gateway: [{ device: hub-gw, virtualNetwork: hub }]
      backbone:
        encapsulation:
          type: service-tunnel
          outer: vxlan
          localAddress: 169.254.3.1
          remoteAddress: 169.254.3.2
          remoteMacAddress: 02:00:00:00:03:09
          udpPort: 8472
          servicePrefix: "2603:10e1:100:2::/96"
          prefixes: { 'spoke/app': "fd00:108:0:d204:0:200::/96", 'hub': "fd00:1::/96" }
    bgp:
      routes:
        - { addressPrefix: 192.168.0.0/16, nextHopIpAddress: 169.254.2.2, virtualNetwork: hub }
      kernel:
        - { virtualNetwork: hub, table: main, protocol: 186 }
    resources:
      - name: account
        id: /subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/account
        service: Microsoft.Storage
        location: northeurope
        secondaryLocation: westeurope
        tenant: contoso
        subscription: production
        resourceGroup: data
        addresses: [20.60.19.4]
        secondaryAddresses: [20.60.26.4]
        hostNames: [account.blob.core.windows.net]
        secondaryHostNames: [account-secondary.blob.core.windows.net]
        principal: ada
        publicNetworkAccess: Enabled
        networkAcls:
          defaultAction: Deny
          bypass: AzureServices
          virtualNetworkRules: [{ id: spoke/app, action: Allow }]
          ipRules: [{ value: 203.0.113.0/24, action: Allow }]
      - name: vault
        service: Microsoft.KeyVault
        location: eastus
        hostNames: [vault.vault.azure.net]
        networkRuleSet:
          defaultAction: Deny
          virtualNetworkRules: [{ subnet: { id: spoke/app }, ignoreMissingVnetServiceEndpoint: true }]
          ipRules: [{ ipMask: 203.0.113.9 }, { ipAddressOrRange: 198.51.100.0/24 }]
      - name: server
        service: Microsoft.Sql
        location: northeurope
        hostNames: [server.database.windows.net]
        virtualNetworkRules: [{ name: r, virtualNetworkSubnetId: spoke/app, ignoreMissingVnetServiceEndpoint: true }]
        firewallRules: [{ name: f, startIpAddress: 203.0.113.1, endIpAddress: 203.0.113.9 }]
    roleDefinitions:
      - name: Joiner
        id: 6a5f
        actions: [Microsoft.Network/virtualNetworks/subnets/joinViaServiceEndpoint/action]
        notActions: [Microsoft.Network/*/delete]
        assignableScopes: [/, hub, hub/nva]
      - { name: Nested, permissions: [{ actions: ["*"] }], assignableScopes: [/] }
    roleAssignments:
      - { principal: ada, role: Joiner, scope: spoke/app }
    edge:
      translation: 198.18.0.0/16
      ports:
        backbone: { device: far, addresses: [169.254.3.2] }
        internet: { device: public, macAddress: 02:00:00:00:04:01, peerMacAddress: 02:00:00:00:04:02, addresses: [192.0.2.6], mtu: 1400 }
        services: { device: servers, addresses: [192.0.2.13] }
    lab:
      namespaces:
        - { name: vm1, networkInterface: vm1 }
        - name: wan
          port: internet
          addresses: [192.0.2.2/30]
          loopbackAddresses: [198.51.100.1, 198.51.100.2/32]
          ipForwarding: true
          routes: [{ destination: default, via: 192.0.2.1, device: eth0 }, { destination: 10.0.0.0/8, device: b }]
        - { name: hub, port: gateway }
        - { name: edge, port: backbone, edge: true }
      links:
        - ends:
            - { namespace: fabric, device: a, addresses: [169.254.4.1/30] }
            - { namespace: wan, device: b }
    """

  @Test("each key is read")
  func everyKey() throws {
    let outcome = Outcome.of(Self.yaml)
    #expect(outcome.lines == "")
    let configuration = try #require(outcome.configuration)
    let topology = configuration.topology
    #expect(configuration.warnings == [])
    #expect(topology.name == "all-keys")
    #expect(topology.precedence == .observed)
    #expect(topology.icmpFollowsEndpoints)
    #expect(configuration.maximumFlows == 1000)
    #expect(configuration.controlSocket == "/tmp/all.sock")
    let (hub, spoke) = (topology.virtualNetworks[0], topology.virtualNetworks[1])
    #expect(
      (hub.id, hub.region, hub.tenant, hub.subscription) == (
        7, Region("westeurope"), "contoso", "production"
      ))
    #expect(hub.peerings.map(\.remote) == [1] && hub.peerings.map(\.name) == ["to-spoke"])
    #expect(spoke.peerings.map(\.usesRemoteGateway) == [true])
    #expect(
      topology.subnets[2].serviceEndpoints == [
        ServiceEndpoint(service: "Microsoft.KeyVault"),
        ServiceEndpoint(
          service: "Microsoft.Storage", locations: [Region("northeurope"), Region("westeurope")]),
      ])
    #expect(
      topology.subnets.map(\.delegations) == [
        [], [], ["Microsoft.Web/serverFarms", "Microsoft.Sql/managedInstances"],
      ])
    #expect(topology.subnets[2].routeTable == 0)
    let routes = topology.routeTables[0].routes
    #expect(topology.routeTables[0].disableBgpRoutePropagation)
    #expect(
      routes.map(\.nextHopType) == [
        .virtualAppliance, .internet, .virtualNetworkGateway, .vnetLocal, .none,
      ])
    #expect(routes[1].destination == .serviceTag("Storage.WestEurope"))
  }

  @Test("N1: each key of security groups is read")
  func securityGroups() throws {
    let topology = try #require(Outcome.of(Self.yaml).configuration).topology
    #expect(topology.subnets.map(\.securityGroup) == [nil, nil, 0])
    #expect(topology.networkInterfaces.map(\.securityGroup) == [nil, 0])
    let addresses = topology.networkInterfaces[1].ipConfigurations
    #expect(addresses.map(\.applicationSecurityGroups) == [[0], []])
    let rules = topology.securityGroups[0].rules
    #expect(
      rules.map(\.sources) == [
        [.any], [.prefix(IPPrefix("10.0.0.0/8")!)], [.applicationSecurityGroup(0)],
      ])
    #expect(rules.map(\.destinations) == [[.applicationSecurityGroup(0)], [.internet], [.any]])
    #expect(rules.map(\.sourcePorts) == [[0...65_535], [53...53], [0...65_535]])
    #expect(rules.map(\.destinationPorts) == [[443...443], [1...9], [0...65_535]])
  }

  @Test("each key of NICs, ports, BGP and lab is read")
  func ports() throws {
    let configuration = try #require(Outcome.of(Self.yaml).configuration)
    let topology = configuration.topology
    let (nva, vm1) = (topology.networkInterfaces[0], topology.networkInterfaces[1])
    #expect(nva.macAddress == MACAddress("00:0d:3a:aa:bb:cc") && nva.ipForwarding)
    #expect(nva.device == Device(name: "nva0"))
    #expect(vm1.device == Device(kind: .tap, name: "tap1", namespace: "guests", mtu: 9000))
    #expect(vm1.platformDevice == Device(name: "vm1-disk"))
    #expect(vm1.platformAddress == IPAddress("203.0.113.129") && nva.platformAddress == nil)
    #expect(vm1.guestAddress == .public)
    #expect(vm1.ipConfigurations.map(\.publicAddress) == [IPAddress("203.0.113.4"), nil])
    let internet = topology.worldPorts[0]
    #expect(internet.device == Device(name: "wan", mtu: 1400))
    #expect(internet.peerMACAddress == MACAddress("02:00:00:00:01:02"))
    #expect(internet.addresses == [IPAddress("192.0.2.1"), IPAddress("2001:db8::1")])
    #expect(topology.worldPorts.map(\.virtualNetwork) == [nil, 0, nil])
    let prefix = { (text: String) in OverlayPrefix(IPPrefix(text)!)! }
    let shared = prefix("fd00:1::/96")
    #expect(
      topology.worldPorts[2].encapsulation
        == BackboneEncapsulation(
          kind: .serviceTunnel, outer: .vxlan, local: IPv4Address("169.254.3.1"),
          remote: IPv4Address("169.254.3.2"),
          remoteMACAddress: MACAddress("02:00:00:00:03:09"), port: 8_472,
          servicePrefix: prefix("2603:10e1:100:2::/96"),
          prefixes: [0: shared, 1: shared, 2: prefix("fd00:108:0:d204:0:200::/96")]))
    #expect(topology.subnetNumbers == [1, 2, 12])
    #expect(
      topology.bgpRoutes == [
        BGPRoute(
          virtualNetwork: 0, prefix: IPPrefix("192.168.0.0/16")!, nextHop: IPAddress("169.254.2.2"))
      ])
    #expect(configuration.kernelBGP == [.init(virtualNetwork: 0, table: 254, routeProtocol: 186)])
    let lab = try #require(configuration.lab)
    #expect(
      lab.namespaces.map(\.attachment) == [
        .networkInterface(1), .worldPort(0), .worldPort(1), .worldPort(2),
      ])
    #expect(lab.namespaces.map(\.isEdge) == [false, false, false, true])
    #expect(lab.namespaces[1].addresses.map(\.description) == ["192.0.2.2/30"])
    #expect(lab.namespaces[1].loopbackAddresses.map(\.prefixLength) == [32, 32])
    #expect(lab.namespaces[1].routes[0].destination == .anyIPv4)
    #expect(lab.namespaces[1].routes[1] == .init(destination: IPPrefix("10.0.0.0/8")!, device: "b"))
    #expect(lab.links[0].first.addresses.map(\.description) == ["169.254.4.1/30"])
  }

  @Test("I2: each key of the edge is read, and its backbone is the other end of ours")
  func edge() throws {
    let topology = try #require(Outcome.of(Self.yaml).configuration).topology
    let edge = try #require(topology.edge)
    #expect(edge.translation == IPPrefix("198.18.0.0/16"))
    #expect(edge.ports.map(\.kind) == [.backbone, .internet, .services])
    let near = topology.worldPorts[2]
    let far = edge.ports[0]
    #expect(far.device == Device(name: "far", mtu: near.device.mtu))
    #expect((far.macAddress, far.peerMACAddress) == (near.peerMACAddress, near.macAddress))
    #expect(far.addresses == [IPAddress("169.254.3.2")])
    #expect(far.encapsulation?.local == near.encapsulation?.remote)
    #expect(far.encapsulation?.remote == near.encapsulation?.local)
    #expect(far.encapsulation?.prefixes == near.encapsulation?.prefixes)
    #expect(edge.ports[1].device == Device(name: "public", mtu: 1_400))
    #expect(edge.ports[1].macAddress == MACAddress("02:00:00:00:04:01"))
    #expect(edge.ports[1].peerMACAddress == MACAddress("02:00:00:00:04:02"))
    #expect(edge.ports[2].device == Device(name: "servers"))
    #expect(edge.ports[2].addresses == [IPAddress("192.0.2.13")])
    let there = try #require(topology.atEdge)
    #expect(there.role == .edge && there.presentInterfaces.isEmpty)
    #expect(there.worldPorts.map(\.kind) == [.backbone, .internet, .services])
  }

  @Test("each key of resources and roles is read")
  func resources() throws {
    let configuration = try #require(Outcome.of(Self.yaml).configuration)
    let resources = configuration.topology.resources
    #expect(
      resources.map(\.service) == ["Microsoft.Storage", "Microsoft.KeyVault", "Microsoft.Sql"])
    #expect(
      resources.map { $0.region(at: .secondary).name } == ["westeurope", "eastus", "northeurope"])
    #expect(resources.map(\.firewall.virtualNetworkRules.count) == [1, 1, 1])
    #expect(
      resources.map { $0.firewall.ipRules.map(\.description) } == [
        ["203.0.113.0/24"], ["203.0.113.9", "198.51.100.0/24"], ["203.0.113.1-203.0.113.9"],
      ])
    let access = configuration.access
    #expect(
      access.definitions[0].permissions[0].notActions.map(\.description) == [
        "Microsoft.Network/*/delete"
      ])
    #expect(access.definitions[0].assignableScopes.count == 3)
    #expect(configuration.accessDecisions.map(\.isAllowed) == [true])
  }

  @Test("the reference documents every key that is read")
  func documented() throws {
    let path = Place.packageRoot.appendingPathComponent("docs/configuration.md")
    let text = try String(contentsOf: path, encoding: .utf8)
    let keys = Self.yaml.matches(of: /([A-Za-z]+):(\s|$)/).map { String($0.1) }
    for key in Set(keys).sorted() { #expect(text.contains("`\(key)`"), "\(key)") }
  }

  @Test("resources as ARM nests them are the same resources")
  func nested() throws {
    let flat = """
      virtualNetworks:
        - name: v
          location: westeurope
          addressSpace: [10.0.0.0/16]
          subnets: [{ name: a, addressPrefix: 10.0.1.0/24, routeTable: t, serviceEndpoints: [Microsoft.Sql] }]
      routeTables:
        - name: t
          routes: [{ name: r, addressPrefix: 10.9.0.0/16, nextHopType: None }]
      networkInterfaces:
        - { name: n, subnet: v/a, ipConfigurations: [{ privateIPAddress: 10.0.1.9, publicIPAddress: 203.0.113.9 }] }
      """
    let nested = """
      virtualNetworks:
        - name: v
          type: Microsoft.Network/virtualNetworks
          apiVersion: "2024-05-01"
          location: westeurope
          properties:
            addressSpace: { addressPrefixes: [10.0.0.0/16] }
            enableDdosProtection: false
            subnets:
              - name: a
                etag: W/"1"
                properties:
                  addressPrefix: 10.0.1.0/24
                  provisioningState: Succeeded
                  routeTable: { id: "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/routeTables/t" }
                  serviceEndpoints: [{ service: Microsoft.Sql, locations: ["*"] }]
      routeTables:
        - name: t
          properties:
            routes: [{ name: r, properties: { addressPrefix: 10.9.0.0/16, nextHopType: None } }]
      networkInterfaces:
        - name: n
          properties:
            ipConfigurations:
              - name: ipconfig1
                properties:
                  privateIPAddress: 10.0.1.9
                  privateIPAllocationMethod: Static
                  subnet: { id: "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/a" }
                  publicIPAddress: { properties: { ipAddress: 203.0.113.9 } }
      """
    let (first, second) = (Outcome.of(flat), Outcome.of(nested))
    #expect(first.lines == "" && second.lines == "")
    let (a, b) = (first.configuration?.topology, second.configuration?.topology)
    #expect(a?.virtualNetworks.map(\.addressSpace) == b?.virtualNetworks.map(\.addressSpace))
    #expect(a?.subnets.map(\.addressPrefixes) == b?.subnets.map(\.addressPrefixes))
    #expect(a?.subnets.map(\.serviceEndpoints) == b?.subnets.map(\.serviceEndpoints))
    #expect(a?.subnets.map(\.routeTable) == b?.subnets.map(\.routeTable))
    #expect(a?.routeTables.map(\.routes) == b?.routeTables.map(\.routes))
    #expect(
      a?.networkInterfaces.map(\.ipConfigurations) == b?.networkInterfaces.map(\.ipConfigurations))
  }
}
