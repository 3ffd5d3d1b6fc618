import Glibc

extension NamespaceLab {
  /// Ends the processes in the lab's namespaces and removes these, whatever state they are in: also after a
  /// crash, and also those that the file no longer names.
  /// - Returns: the namespaces removed, by the kernel's names.
  /// - Throws: `LabError`, after having removed all that can be.
  @discardableResult
  public func down() throws(LabError) -> [String] {
    try Self.requireRoot(to: "remove")
    let lock = try LabLock(lab: plan.lab)
    defer { lock.remove() }
    let mine = try present()
    var failure: LabError?
    // First everywhere, so that no process restarts another.
    for netns in mine where NamedNamespaces.isWhole(netns) {
      do { try endProcesses(in: netns) } catch { failure = error }
    }
    for netns in mine {
      do { try remove(netns) } catch { failure = error }
    }
    if let failure { throw failure }
    return mine
  }

  /// The namespaces of this lab that exist: those of the plan, and those that carry its mark.
  func present() throws(LabError) -> [String] {
    let planned = plan.namespaces.map(\.netns)
    var mine: [String] = []
    for netns in NamedNamespaces.all()
    where planned.contains(netns) || netns.hasPrefix(LabPlan.prefix(ofLab: plan.lab)) {
      let owner = NamedNamespaces.isWhole(netns) ? try ObservedNamespace.owner(of: netns) : nil
      if owner == plan.lab || owner == nil && planned.contains(netns) { mine.append(netns) }
    }
    return mine
  }

  func remove(_ netns: String) throws(LabError) {
    if NamedNamespaces.isWhole(netns) { try endProcesses(in: netns) }
    try IPRoute2.run(["netns", "del", netns])
  }

  func processes(in netns: String) throws(LabError) -> [Int32] {
    try IPRoute2.run(["netns", "pids", netns]).split(separator: "\n").compactMap { Int32($0) }
  }

  /// SIGTERM, and SIGKILL for what is still there after two seconds.
  private func endProcesses(in netns: String) throws(LabError) {
    for (signal, patience) in [(SIGTERM, 2.0), (SIGKILL, 5.0)] {
      var waited = 0.0
      while true {
        // Listed anew each time: what was started meanwhile belongs to it, what is gone must not be
        // taken for a process that has got its number.
        let pids = try processes(in: netns).filter { $0 != getpid() }
        if pids.isEmpty { return }
        if waited == 0 || signal == SIGKILL { for pid in pids { kill(pid, signal) } }
        if waited >= patience { break }
        usleep(20_000)
        waited += 0.02
      }
    }
    throw .processesRemain(netns: netns, pids: try processes(in: netns))
  }
}
