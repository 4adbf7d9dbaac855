// swift-tools-version: 6.2
import PackageDescription

// The sources that read what comes from outside, built with libFuzzer's counters. They are the project's own: each folder is a link.
// The checkouts are those of the project's build.

let counted: [SwiftSetting] = [
    .swiftLanguageMode(.v6), .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("ExistentialAny"), .unsafeFlags(["-sanitize=fuzzer", "-parse-as-library"]),
]

func ours(_ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .target(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: counted)
}

let package = Package(
    name: "reckon",
    dependencies: [.package(path: "../../.build/checkouts/Yams")],
    targets: [
        ours("Document"),
        .target(name: "CFacts", exclude: ["schema.txt"]),
        ours("Schema", ["Document", "CFacts"], exclude: ["README.md"]),
        ours("Records", ["Document"], exclude: ["README.md"]),
        ours("TimeZones"),
        ours("Expressions", ["Document", "Schema", "TimeZones"], exclude: ["README.md"]),
        ours("Patching", ["Document", "Schema"], exclude: ["README.md"]),
        ours("RequestText", ["Document", "Schema"]),
        .executableTarget(
            name: "fuzz",
            dependencies: [
                "Document", "Schema", "Records", "Expressions", "Patching", "RequestText",
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: counted, linkerSettings: [.unsafeFlags(["-sanitize=fuzzer"])]),
    ])
