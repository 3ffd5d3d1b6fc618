import ArgumentParser
import ConfigurationFile

/// Reads a configuration for a command. What is wrong stands on standard error, one line each, and the
/// command ends with status 1.
func loadConfiguration(_ path: String) throws -> Configuration {
  do {
    return try ConfigurationLoader.load(path: path)
  } catch {
    writeNote("\(error)")
    throw ExitCode.failure
  }
}
