import Glibc

extension NamespaceLab {
  /// Becomes a program that runs in a namespace of the lab. Its exit status is then this process's.
  /// - Parameter name: of the namespace, in the configuration or for the kernel.
  /// - Throws: `LabError`; it does not return otherwise.
  public func exec(namespace name: String, arguments: [String]) throws(LabError) -> Never {
    let netns = try networkNamespace(name)
    try Self.requireRoot(to: "enter")
    guard NamedNamespaces.isWhole(netns) else { throw .notUp(netns: netns) }
    guard let program = Command.find("ip") else { throw .missingProgram("ip") }
    // A thread of Swift's concurrency pool blocks most signals, and the program would inherit that.
    var none = sigset_t()
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, nil)
    signal(SIGPIPE, SIG_DFL)
    var words = (["ip", "netns", "exec", netns] + arguments).map { strdup($0) } + [nil]
    execv(program, &words)
    throw .system(operation: "start \(program)", reason: String(cString: strerror(errno)))
  }
}
