// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "spurline-benchmarks",
  dependencies: [
    .package(name: "spurline", path: ".."),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
  ],
  targets: [
    .target(name: "CBaseline", path: "CBaseline"),
    .executableTarget(
      name: "bench",
      dependencies: [
        "CBaseline",
        .product(name: "Lookup", package: "spurline"),
        .product(name: "PacketPath", package: "spurline"),
        .product(name: "PacketIO", package: "spurline"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Histogram", package: "hdrhistogram-swift"),
      ],
      swiftSettings: [.treatAllWarnings(as: .error)]),
  ]
)
