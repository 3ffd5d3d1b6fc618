/// ConfigurationFile: a YAML file, or Azure's JSON, in; a validated `Configuration` out.
///
/// Every error names file, line and field and says what would be right; all are reported at once, and a
/// wrong file yields nothing (docs/configuration.md). The module is not called `Configuration` because a
/// package in the graph, swift-configuration, has a module of that name.
///
/// On the way in a file is text (`SourceText`), then a tree of nodes with lines (`YAMLSource`, `JSONSource`),
/// then drafts of resources, read field by field (`Section`, `Value`, `Read...`; templates of Azure have their
/// expressions resolved before), and at last a topology, linked and checked (`Build...`). `Findings` collects
/// what is wrong on all of it.
///
/// Read next: `Configuration.swift`, `ConfigurationLoader.swift`, `ReadDocument.swift`,
/// `BuildConfiguration.swift`, `AzureDocument.swift`.
