import Model
import Testing

@Suite("I2: finding the resource")
struct ResourceTableTests {
  private let table: ResourceTable = {
    var secondary = Resource.account(
      name: "one", addresses: ["20.60.26.4", "20.60.26.4"], hostNames: ["one.blob.core.windows.net"]
    )
    secondary.secondaryAddresses = [address("20.60.40.4")]
    secondary.secondaryHostNames = ["one-secondary.blob.core.windows.net"]
    return ResourceTable(
      resourceTopology([
        secondary,
        .account(name: "two", addresses: ["20.60.26.4"], hostNames: ["TWO.blob.core.windows.net."]),
        .account(name: "alone", addresses: ["20.60.26.5"]),
        .account(name: "named", addresses: [], hostNames: ["named.example.net"]),
        .account(name: "below", addresses: [], hostNames: ["deep.named.example.net"]),
        .account(name: "twin", addresses: [], hostNames: ["twin.example.net"]),
        .account(name: "twin2", addresses: [], hostNames: ["twin.example.net"]),
      ]))
  }()

  @Test("I2: an address of one resource is enough")
  func byAddress() {
    #expect(table.find(address("20.60.26.5")) == .resource(.init(resource: 2, location: .primary)))
    #expect(
      table.find(address("20.60.40.4")) == .resource(.init(resource: 0, location: .secondary)))
    #expect(table.find(address("20.60.26.4")) == .needsHostName)
    #expect(ResourceTable(resourceTopology()).find(address("20.60.26.4")) == .none)
  }

  @Test(
    "I2: where several share an address the host name decides, in whatever case, and names below it"
  )
  func byHostName() {
    let shared = address("20.60.26.4")
    let found = { (name: String) in table.match(hostName: name, at: shared)?.resource }
    #expect(found("one.blob.core.windows.net") == 0)
    #expect(found("ONE.Blob.core.windows.net.") == 0)
    #expect(found("two.blob.core.windows.net") == 1)
    #expect(found("container.two.blob.core.windows.net") == 1)
    #expect(found("blob.core.windows.net") == nil)
    #expect(found("xone.blob.core.windows.net") == nil)
    #expect(found("") == nil && found(".") == nil)
    // Of one that is not at this address: a name does not lead elsewhere.
    #expect(found("named.example.net") == nil)
    #expect(found("one-secondary.blob.core.windows.net") == nil)
  }

  @Test(
    "I2: resources without an address are found by name, the longest first; twins are not guessed")
  func byNameAlone() {
    let free = address("20.60.99.1")
    #expect(table.find(free) == .needsHostName)
    #expect(table.match(hostName: "x.named.example.net", at: free)?.resource == 3)
    #expect(table.match(hostName: "x.deep.named.example.net", at: free)?.resource == 4)
    #expect(table.match(hostName: "twin.example.net", at: free) == nil)
    #expect(table.match(hostName: "one.blob.core.windows.net", at: free) == nil)
  }

  @Test(
    "I7: what decides by tokens lets packets pass, whatever its rules; the rules are the store's to ask"
  )
  func tokenBased() {
    var topology = resourceTopology()
    topology.services = ServiceCatalogue(
      services: [
        .init(
          name: "Microsoft.AzureActiveDirectory", tag: "AzureActiveDirectory", scope: .region,
          resources: .init(isTokenBased: true))
      ], pairs: [:])
    topology.resources = [
      Resource(
        id: AzureID("/subscriptions/s/resourceGroups/g/providers/A.B/c/lake")!, name: "lake",
        service: "Microsoft.AzureActiveDirectory", region: Region("westeurope"),
        addresses: [address("40.90.145.200")], firewall: ResourceFirewall(defaultAction: .deny))
    ]
    let table = ResourceTable(topology)
    let caller = Caller(source: address("203.0.113.4"))
    let verdict = table.verdict(for: caller, at: .init(resource: 0, location: .primary))
    #expect(verdict == FirewallVerdict(isAdmitted: true, deciding: .token))
    #expect(
      table.firewalls[0].firewall.sentence(for: verdict)
        == "passed on: the service decides by the caller's token")
    #expect(!table.firewalls[0].verdict(for: caller).isAdmitted)
    var counters = FirewallCounters(table.firewalls[0].firewall)
    counters.count(verdict)
    counters.add(counters)
    #expect(counters.token == 2 && counters.admitted == 2)
  }
}
