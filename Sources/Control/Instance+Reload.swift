import ConfigurationFile
import Dataplane
import Model

extension Instance {
  /// Reads the configuration file again. It is taken whole or refused with every reason; routes learned by
  /// BGP stay, endpoints switched at run time become what the file says. Ports that are new are opened,
  /// ports that are gone are closed, and the others go on.
  /// - Throws: `ControlError.reloadRefused`.
  public func reload() async throws -> ReloadReport {
    // Reading may take long: the instance answers meanwhile.
    let load = environment.loadConfiguration
    var fresh: Configuration
    do {
      fresh = try await Task.detached { try load() }.value
    } catch let error as ConfigurationErrors {
      throw refusal(error.problems.map(\.description))
    } catch {
      throw refusal(["\(error)"])
    }
    // Many rules take a while too.
    let (groups, topology) = (securityGroups, fresh.topology)
    let freshGroups = await Task.detached {
      SecurityGroups(of: topology, takenFrom: groups)
    }.value
    var problems = restartReasons(fresh)
    if problems.isEmpty {
      let ports = place(PortRecord.all(of: fresh.topology))
      problems = try await ask { core in core.openAhead(ports) }.flatMap(\.self)
      if !problems.isEmpty { _ = try await ask { core in core.closeAhead() } }
    }
    guard problems.isEmpty else { throw refusal(problems) }

    // From here to `publish` nothing suspends: other commands see the old state or the new one.
    for warning in fresh.warnings { logger.warning("\(warning)") }
    for decision in fresh.accessDecisions { logger.notice("\(decision)") }
    identities.adopt(&fresh.topology)
    tables = RoutingTables(topology: fresh.topology, keepingLiveRoutesOf: tables)
    securityGroups = freshGroups
    serviceSide = ServiceSide(of: fresh.topology)
    learned.move(to: fresh.kernelBGP)
    configuration = fresh
    let reset = switchedEndpoints.sorted()
    switchedEndpoints = []
    let adoption = try await publish()
    logger.notice(
      "configuration reloaded",
      metadata: ["generation": "\(adoption.report.generation)", "endpointsReset": "\(reset)"])
    return ReloadReport(
      generation: adoption.report.generation, connectionsClosed: adoption.report.closed,
      otherFlowsRemoved: adoption.report.otherFlowsRemoved,
      interruptionMicroseconds: adoption.interruptionMicroseconds, endpointsReset: reset)
  }

  private func refusal(_ problems: [String]) -> ControlError {
    let error = ControlError.reloadRefused(problems)
    logger.error("\(error)")
    return error
  }

  /// What in a new configuration cannot be taken while packets flow.
  private func restartReasons(_ fresh: Configuration) -> [String] {
    var problems: [String] = []
    if fresh.controlSocket != configuration.controlSocket {
      problems.append(
        "the control socket is now \(fresh.controlSocket), and was \(configuration.controlSocket)")
    }
    if fresh.maximumFlows != configuration.maximumFlows {
      problems.append(
        "the largest number of flows is now \(fresh.maximumFlows), and was "
          + "\(configuration.maximumFlows)")
    }
    if bgpSources(fresh) != bgpSources(configuration) {
      problems.append("the kernel tables that BGP routes are read from are others now")
    }
    return problems.map { "\($0): stop the instance and run it again for that" }
  }

  private func bgpSources(_ configuration: Configuration) -> [[String]] {
    configuration.kernelBGP.map {
      [
        configuration.topology.virtualNetworks[$0.virtualNetwork].name, "\($0.table)",
        "\($0.routeProtocol)",
      ]
    }
  }
}
