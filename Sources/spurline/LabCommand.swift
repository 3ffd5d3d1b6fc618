import ArgumentParser
import Foundation
import Lab

struct LabCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lab",
    abstract: "Makes and removes the network namespaces of a configuration's lab.",
    discussion: """
      The `lab:` section names the hosts, routers and servers around the dataplane. Each becomes a network \
      namespace called spl-NAME-namespace; the dataplane runs in `fabric`. The host's own interfaces, routes \
      and settings are not touched.
      """,
    subcommands: [Up.self, Down.self, Status.self, Exec.self])

  struct Target: ParsableArguments {
    @Argument(help: ArgumentHelp("The configuration file.", valueName: "config"))
    var path: String

    func lab() throws -> NamespaceLab { try NamespaceLab(loadConfiguration(path)) }
  }

  struct Up: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "up", abstract: "Makes what is missing; leaves the rest alone.",
      discussion:
        "Twice is as good as once, also while the dataplane runs. Removes all again if it fails.")

    @OptionGroup var target: Target

    func run() throws {
      let lab = try target.lab()
      // An interrupt halfway would leave half a lab; it takes a second.
      for number in [SIGINT, SIGTERM, SIGHUP] { signal(number, SIG_IGN) }
      try lab.up()
      writeOut("\(lab.name) is up: \(lab.namespaces.joined(separator: ", "))\n")
    }
  }

  struct Down: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "down",
      abstract: "Ends the processes in the lab's namespaces and removes these.",
      discussion: "Whatever state they are in, also after a crash.")

    @OptionGroup var target: Target

    func run() throws {
      let lab = try target.lab()
      for number in [SIGINT, SIGTERM, SIGHUP] { signal(number, SIG_IGN) }
      let removed = try lab.down()
      writeOut(
        removed.isEmpty
          ? "\(lab.name) was not up\n"
          : "\(lab.name) is down: \(removed.count) namespaces removed\n")
    }
  }

  struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "status", abstract: "Compares what is there with what should be.",
      discussion: "The exit status is 0 if the lab is up and complete, else 1.")

    @OptionGroup var target: Target
    @OptionGroup var format: OutputOptions

    func run() throws {
      let status = try target.lab().status()
      try format.print(status) { status.table }
      if status.state != .up { throw ExitCode.failure }
    }
  }

  struct Exec: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "exec", abstract: "Runs a program in a namespace of the lab.",
      discussion: "Its exit status is passed on. Without a program it starts a shell.")

    @OptionGroup var target: Target

    @Argument(help: "The namespace, as the configuration calls it, or `fabric`.")
    var namespace: String

    @Argument(
      parsing: .captureForPassthrough,
      help: ArgumentHelp("The program and its arguments.", valueName: "program"))
    var program: [String] = []

    func run() throws {
      // `--` is taken for a part of the program.
      let words = Array(program.first == "--" ? program.dropFirst() : program[...])
      let shell = ProcessInfo.processInfo.environment["SHELL"] ?? "/bin/sh"
      try target.lab().exec(namespace: namespace, arguments: words.isEmpty ? [shell] : words)
    }
  }
}
