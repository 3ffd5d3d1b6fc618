/// Lab: the namespaces, veth pairs and TAPs that stand around the dataplane, made from the `lab:` section of
/// a configuration and removed without a trace (docs/lab.md).
///
/// `LabPlan` says what should be there, and is a pure function of the configuration. `NamespaceLab` makes it
/// so (`up`), removes it (`down`), compares it with what is there (`status`) and runs programs in it (`exec`).
/// Nothing is written down anywhere: what belongs to a lab is told by the names of its namespaces and by a mark
/// on their loopback interfaces. Everything is done with iproute2; every interface is made inside a namespace
/// of the lab, so that the host's own never sees one.
///
/// Read next: `LabPlan.swift`, `NamespaceLab+Up.swift`, `NamespaceLab+Down.swift`, `LabStatus.swift`.
