// swift-tools-version: 6.2
import PackageDescription

/// Every target of ours: Swift 6 language mode (from the tools version), and no warning survives.
let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

/// A module of ours and its tests, which may need more; an import points down only (docs/architecture.md).
func module(
  _ name: String, _ dependencies: [Target.Dependency] = [], tests: [Target.Dependency] = []
) -> [Target] {
  [
    .target(name: name, dependencies: dependencies, swiftSettings: strict),
    .testTarget(
      name: "\(name)Tests",
      dependencies: [.target(name: name), "TestSupport"] + tests
        + dependencies.filter { !isProduct($0) },
      swiftSettings: strict),
  ]
}

func isProduct(_ dependency: Target.Dependency) -> Bool {
  if case .productItem = dependency { true } else { false }
}

let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let collections = Target.Dependency.product(name: "Collections", package: "swift-collections")
let jwtKit = Target.Dependency.product(name: "JWTKit", package: "jwt-kit")
let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
  name: "spurline",
  products: [
    .executable(name: "spurline", targets: ["spurline"]),
    .library(name: "Lookup", targets: ["Lookup"]),
    .library(name: "PacketPath", targets: ["Dataplane", "Model", "Wire"]),
    .library(name: "PacketIO", targets: ["PacketIO"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    // Without its default traits it does not build swift-configuration.
    .package(
      url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
  ],
  targets: [
    .target(name: "CAllocationCount", path: "Tests/CAllocationCount"),
    .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: strict),
    .systemLibrary(
      name: "CLibpcap", path: "CLibpcap", pkgConfig: "libpcap",
      providers: [.apt(["libpcap-dev"])]),
    .systemLibrary(
      name: "CLibnl", path: "CLibnl", pkgConfig: "libnl-route-3.0",
      providers: [.apt(["libnl-3-dev", "libnl-route-3-dev"])]),
  ]
    + [
      .target(name: "CKernels", path: "CKernels"),
      .target(name: "CPacketIO", path: "CPacketIO"),
    ]
    + module("Wire")
    + module("Lookup", ["CKernels"])
    + module("Model", ["Wire", "Lookup"])
    + module("Tokens", ["Wire", "Model", jwtKit])
    + module(
      "Dataplane", ["CKernels", "Wire", "Lookup", "Model"], tests: ["CAllocationCount"])
    + module(
      "PacketIO", ["CLibpcap", "CKernels", "CPacketIO", "Wire", "Lookup", "Model", "Dataplane"],
      tests: ["CAllocationCount"])
    + module("RouteSources", ["CLibnl", "Wire", "Lookup", "Model", logging])
    + module(
      "ConfigurationFile",
      ["Wire", "Lookup", "Model", "RouteSources", yams])
    + module(
      "Replay",
      [
        "Wire", "Lookup", "Model", "Dataplane", "PacketIO", "RouteSources",
        "ConfigurationFile", yams, collections,
      ])
    + module("Lab", ["CLibpcap", "Wire", "Model", "ConfigurationFile", logging])
    + module(
      "Control",
      [
        "CKernels", "Wire", "Lookup", "Model", "Dataplane", "PacketIO", "RouteSources",
        "ConfigurationFile", logging,
        .product(name: "Hummingbird", package: "hummingbird"),
      ])
    + module(
      "TokenServers",
      [
        "Wire", "Model", "Dataplane", "Tokens", "Control", logging,
        .product(name: "Hummingbird", package: "hummingbird"),
      ])
    + [
      .executableTarget(
        name: "spurline",
        dependencies: [
          "Wire", "Lookup", "Model", "Dataplane", "PacketIO", "RouteSources", "ConfigurationFile",
          "Replay", "Lab", "Control", "Tokens", "TokenServers", argumentParser, logging,
        ],
        swiftSettings: strict),
      .testTarget(
        name: "EndToEnd", dependencies: ["TestSupport"], path: "Tests/EndToEnd",
        swiftSettings: strict),
    ]
)
