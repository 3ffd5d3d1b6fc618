extension LabStatus {
  /// For people: a line for each device, then everything that is wrong.
  public var table: String {
    var rows = [["NAMESPACE", "IP NETNS", "DEVICE", "STATE", "ADDRESSES", "PROCESSES"]]
    for namespace in namespaces {
      let name = [namespace.name, namespace.networkNamespace]
      let processes = String(namespace.processes.count)
      guard namespace.exists, !namespace.devices.isEmpty else {
        rows.append(name + ["", namespace.exists ? "" : "absent", "", processes])
        continue
      }
      for (index, device) in namespace.devices.enumerated() {
        rows.append(
          (index == 0 ? name : ["", ""]) + [
            device.name, device.isUp ? "up" : "down", device.addresses.joined(separator: " "),
            index == 0 ? processes : "",
          ])
      }
    }
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    var text = "\(lab): \(state.rawValue)\n"
    for row in rows {
      var line = ""
      for (cell, width) in zip(row, widths) {
        line += cell + String(repeating: " ", count: width - cell.count + 2)
      }
      text += line.trimmingEnd + "\n"
    }
    if state != .down {
      for problem in problems { text += "problem: \(problem)\n" }
    }
    for stray in strays { text += "not in the configuration: \(stray)\n" }
    return text
  }
}

extension String {
  fileprivate var trimmingEnd: String {
    var text = self
    while text.last == " " { text.removeLast() }
    return text
  }
}
