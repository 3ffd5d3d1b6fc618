/// Why an interface cannot be opened, and what to do: the same words, whatever it was to be opened by.
enum InterfaceRefusal {
  static let missing =
    "there is no such interface in this network namespace; `ip link` lists those that exist"
  static let notEthernet = "it is not an Ethernet interface; use a veth, a TAP or a network card"
  static let down = "it is down; `ip link set DEVICE up` brings it up"
  static let notPermitted =
    "permission denied; capturing needs root or CAP_NET_RAW and CAP_NET_ADMIN"
}
