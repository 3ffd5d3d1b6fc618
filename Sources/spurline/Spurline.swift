import ArgumentParser
@main struct Spurline: AsyncParsableCommand { static let configuration = CommandConfiguration(commandName: "spurline") }
