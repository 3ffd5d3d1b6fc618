/// ConfigurationFile: a YAML file, or Azure's JSON, in; a validated `Configuration` out.
///
/// Every error names file, line and field and says what would be right; all are reported at once, and a
/// wrong file yields nothing (docs/configuration.md). The module is not called `Configuration` because a
/// package in the graph, swift-configuration, has a module of that name.
///
/// Read next: `Configuration.swift`, `ConfigurationLoader.swift`.
