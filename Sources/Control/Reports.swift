import Dataplane
import Foundation
import Model
import PacketIO

/// A port and what was lost around it.
public struct PortStatus: Sendable, Codable, Equatable {
  public var name: String
  /// The kernel interface.
  public var device: String
  public var isOpen: Bool
  /// Why it is not open; it is tried again every second.
  public var failure: String?
  public var statistics: PortStatistics
}

/// `GET /v1/status`.
public struct InstanceStatus: Sendable, Codable, Equatable {
  /// Routes learned from one kernel table (R3).
  public struct BGPSource: Sendable, Codable, Equatable {
    public var virtualNetwork: String
    public var table: Int
    public var routeProtocol: Int
    public var routes: Int
    /// How often the netlink socket overran and the table was read anew.
    public var resynchronizations: Int
  }

  public var name: String
  /// Path of the configuration file.
  public var configuration: String
  public var processIdentifier: Int32
  public var uptimeSeconds: Double
  /// How many threads forward.
  public var workers: Int
  /// Of the snapshot in force; 1 at the start.
  public var generation: UInt64
  public var precedence: PrecedenceModel
  public var flows: Int
  public var ports: [PortStatus]
  public var bgp: [BGPSource]
}

/// An endpoint that is enabled.
public struct EndpointStatus: Sendable, Codable, Equatable {
  /// `network/subnet`.
  public var subnet: String
  public var service: String
  /// As configured; nil: what the service's scope gives.
  public var locations: [String]?
  /// Prefixes that it routes.
  public var routes: Int
}

/// `GET /v1/endpoints`.
public struct EndpointList: Sendable, Codable, Equatable {
  public var endpoints: [EndpointStatus]
}

/// `POST /v1/endpoints`.
public struct EndpointRequest: Sendable, Codable, Equatable {
  /// `network/subnet`, or the subnet's name where only one network has it.
  public var subnet: String
  public var service: String
  /// Regions; nil or `["*"]`: what the service's scope gives.
  public var locations: [String]?
  public var enabled: Bool

  public init(subnet: String, service: String, locations: [String]? = nil, enabled: Bool) {
    self.subnet = subnet
    self.service = service
    self.locations = locations
    self.enabled = enabled
  }
}

/// What switching an endpoint did (F3).
public struct EndpointSwitchReport: Sendable, Codable {
  public enum Action: String, Sendable, Codable { case enabled, disabled }

  public var subnet: String
  public var service: String
  public var action: Action
  public var routesAdded: [String]
  public var routesRemoved: [String]
  public var connectionsClosed: [SwitchReport.ClosedConnection]
  /// Flows without a connection to close whose path changed; their next packet is decided anew.
  public var otherFlowsRemoved: Int
  /// For how long the worker forwarded nothing: from taking the snapshot to the last reset sent.
  public var interruptionMicroseconds: Double
  public var generation: UInt64
}

/// `GET /v1/flows`.
public struct FlowList: Sendable, Codable {
  public var flows: [FlowRecord]
}

/// `GET /v1/counters`, and what a run amounted to.
public struct CountersReport: Sendable, Codable, Equatable {
  public var counters: Counters
  public var ports: [PortStatus]
}

/// `POST /v1/reload`.
public struct ReloadReport: Sendable, Codable {
  public var generation: UInt64
  public var connectionsClosed: [SwitchReport.ClosedConnection]
  public var otherFlowsRemoved: Int
  public var interruptionMicroseconds: Double
  /// Endpoints that had been switched at run time: the file has set them back.
  public var endpointsReset: [String]
}

/// `POST /v1/explain`: a frame as if it came in by a port.
public struct ExplainRequest: Sendable, Codable, Equatable {
  /// The port's name: a NIC's, `internet`, `gateway`, `backbone`.
  public var port: String
  /// The Ethernet frame; base64 in JSON.
  public var frame: Data

  public init(port: String, frame: Data) {
    self.port = port
    self.frame = frame
  }
}

/// The body of every answer that is an error.
public struct ErrorReport: Sendable, Codable, Equatable {
  public var error: String
  public var problems: [String]
}
