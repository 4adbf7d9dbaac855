// swift-tools-version: 6.2
import PackageDescription

// The rings, from the inside out. A target imports only what stands above it in this list; `tools/tidy` checks it.
//   V vocabulary and P pure: the standard library and swift-collections, nothing else.
//   C coordination, E edge, X executable.

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("ExistentialAny"),
]

let hashTrees: Target.Dependency = .product(name: "HashTreeCollections", package: "swift-collections")
let deques: Target.Dependency = .product(name: "DequeModule", package: "swift-collections")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioWebSocket: Target.Dependency = .product(name: "NIOWebSocket", package: "swift-nio")
let nioTLS: Target.Dependency = .product(name: "NIOTLS", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let nioHTTP2: Target.Dependency = .product(name: "NIOHTTP2", package: "swift-nio-http2")
let nioHPACK: Target.Dependency = .product(name: "NIOHPACK", package: "swift-nio-http2")
let x509: Target.Dependency = .product(name: "X509", package: "swift-certificates")
let asn1: Target.Dependency = .product(name: "SwiftASN1", package: "swift-asn1")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let cryptoExtras: Target.Dependency = .product(name: "_CryptoExtras", package: "swift-crypto")
let yaml: Target.Dependency = .product(name: "Yams", package: "Yams")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let grpc: Target.Dependency = .product(name: "GRPCCore", package: "grpc-swift-2")
let grpcTransport: Target.Dependency = .product(name: "GRPCNIOTransportHTTP2", package: "grpc-swift-nio-transport")
let grpcProtobuf: Target.Dependency = .product(name: "GRPCProtobuf", package: "grpc-swift-protobuf")
let protobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")

/// A target of the project with the house's settings.
func ours(_ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .target(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: strict)
}
func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

let package = Package(
    name: "reckon",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "reckon", targets: ["reckon"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.0"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/grpc/grpc-swift-2", from: "2.4.0"),
        .package(url: "https://github.com/grpc/grpc-swift-nio-transport", from: "2.9.0"),
        .package(url: "https://github.com/grpc/grpc-swift-protobuf", from: "2.4.0"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    ],
    targets: [
        // V: vocabulary
        ours("Document"),
        ours("Addresses", ["Document"]),
        ours("TimeZones"),
        ours("Usage", ["Document"]),
        .target(name: "CFacts", exclude: ["schema.txt"]),
        // The files of the page at /ui/, as bytes.
        .target(name: "PageFiles", exclude: ["README.md", "page"]),
        ours("Schema", ["Document", "CFacts"], exclude: ["README.md"]),
        ours("Records", ["Document"], exclude: ["README.md"]),
        // P: pure
        ours("Expressions", ["Document", "Schema", "TimeZones"], exclude: ["README.md"]),
        ours("ClusterState", ["Document", "Schema", "Records", hashTrees], exclude: ["README.md"]),
        ours("Patching", ["Document", "Schema"], exclude: ["README.md"]),
        ours("Access", ["Document", "Schema", "Records", "ClusterState"]),
        ours(
            "Admission",
            [
                "Document", "Addresses", "Schema", "Records", "ClusterState", "Patching", "Access", "Expressions",
                "TimeZones",
            ],
            exclude: ["Webhooks/README.md"]),
        ours(
            "Requests",
            ["Document", "Addresses", "Schema", "Records", "ClusterState", "Patching", "Access", "Admission", "Usage"],
            exclude: ["README.md", "Amendments/README.md"]),
        ours(
            "FlowControl", ["Document", "Schema", "Records", "ClusterState", "Access", deques], exclude: ["README.md"]),
        ours(
            "History",
            ["Document", "Schema", "Records", "Expressions", "ClusterState", "Access", "Admission", "Requests"],
            exclude: ["README.md"]),
        ours(
            "Controllers",
            [
                "Document", "Addresses", "Schema", "Records", "ClusterState", "Access", "Admission", "TimeZones",
                "Usage",
                deques,
            ],
            exclude: ["README.md"]),
        ours("Scheduling", ["Document", "Schema", "Records", "ClusterState", "Controllers"], exclude: ["README.md"]),
        ours(
            "Replay",
            [
                "Document", "Schema", "Records", "ClusterState", "Patching", "Admission", "Requests", "Controllers",
                "Scheduling",
            ], exclude: ["README.md"]),
        ours("PodLifecycle", ["Document"]),
        ours("ServiceRouting", ["Document"]),
        ours("LogArchive", ["Document", "Records"], exclude: ["README.md"]),
        // C: coordination
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CLMDB", pkgConfig: "lmdb", providers: [.apt(["liblmdb-dev"])]),
        ours(
            "EventLog",
            ["CLMDB", "CZlib", "Document", "Schema", "Records", "ClusterState", "LogArchive", crypto, cryptoExtras],
            exclude: ["README.md"]),
        ours(
            "Engine",
            [
                "Document", "Schema", "Records", "ClusterState", "Access", "Admission", "Requests", "EventLog",
                "Controllers", "Scheduling", "Usage", deques, logging,
            ],
            exclude: ["README.md"]),
        // E: edge
        ours(
            "HTTPEdge",
            [nioCore, nioPosix, nioHTTP1, nioWebSocket, nioTLS, nioSSL, nioHTTP2, nioHPACK, crypto, deques],
            exclude: ["README.md"]),
        ours("Identity", ["Document", "Records", "Access", x509, asn1, crypto, cryptoExtras]),
        ours(
            "APIServer",
            [
                "Document", "Schema", "Records", "ClusterState", "Access", "Admission", "Patching", "Requests",
                "FlowControl", "History", "Replay", "Controllers", "EventLog", "Engine", "PageFiles", "Usage",
                "HTTPEdge", "Identity", "CZlib", nioCore, nioHTTP1, nioSSL, crypto, yaml, logging,
            ],
            exclude: ["README.md", "Proxy/README.md"]),
        ours("CRI", [grpc, grpcTransport, grpcProtobuf, protobuf], exclude: ["README.md", "api.proto"]),
        ours(
            "Kubelet",
            [
                "Document", "Schema", "Records", "ClusterState", "Controllers", "PodLifecycle", "Usage", "Engine",
                "CRI",
                "HTTPEdge", grpc,
                grpcTransport, grpcProtobuf, nioCore, nioPosix, nioSSL, crypto, logging,
            ],
            exclude: ["README.md"]),
        ours(
            "KubeProxy",
            ["Document", "Schema", "Records", "ClusterState", "Controllers", "ServiceRouting", "Engine", logging]),
        ours(
            "ClusterDNS",
            [
                "Document", "Schema", "Records", "ClusterState", "Controllers", "ServiceRouting", "Engine", nioCore,
                nioPosix, logging,
            ]),
        ours(
            "Recorder",
            [
                "Document", "Schema", "Records", "ClusterState", "History", "LogArchive", "EventLog", "HTTPEdge",
                nioCore, nioPosix, logging,
            ],
            exclude: ["README.md"]),
        // X: the executable
        .executableTarget(
            name: "reckon",
            dependencies: [
                "Document", "Addresses", "Schema", "Records", "ClusterState", "Admission", "Requests", "History",
                "EventLog",
                "Engine", "HTTPEdge",
                "Identity", "APIServer", "LogArchive", "Recorder", "Kubelet", "KubeProxy", "ClusterDNS",
                "ServiceRouting", "Controllers",
                "Scheduling", "TimeZones", nioCore, nioPosix, nioHTTP1, yaml, logging, arguments,
            ],
            swiftSettings: strict),
        .target(
            name: "TestSupport", dependencies: ["Document", "HTTPEdge", "Identity", nioCore, nioPosix],
            path: "Tests/TestSupport",
            swiftSettings: strict),
        tests("EndToEndTests", ["Document", "HTTPEdge", "Identity", "TestSupport", nioCore]),
        tests("RequestsTests", ["Document", "Schema", "Records", "ClusterState", "Access", "Requests"]),
        tests("RecordsTests", ["Document", "Records"]),
        tests("ClusterStateTests", ["Document", "Schema", "Records", "ClusterState"]),
        tests("DocumentTests", ["Document"]),
        tests("SchemaTests", ["Schema", "Document"]),
        tests("AccessTests", ["Document", "Schema", "Records", "ClusterState", "Access"]),
        tests("PodLifecycleTests", ["PodLifecycle", "Document"]),
        tests("APIServerTests", ["APIServer", "Document"]),
        tests("HTTPEdgeTests", ["HTTPEdge", "Identity", "Document", nioCore, nioPosix, nioHTTP1]),
        tests(
            "ControllersTests", ["Controllers", "Addresses", "ClusterState", "Document", "Records", "Schema", "Usage"]),
        tests("UsageTests", ["Usage", "Document"]),
        tests("PatchingTests", ["Patching", "Document", "Schema"]),
        tests("IdentityTests", ["Identity", "Document", "Records", crypto, cryptoExtras, x509, asn1]),
        tests("EventLogTests", ["Document", "Schema", "Records", "ClusterState", "EventLog"]),
        tests("LogArchiveTests", ["Document", "Records", "LogArchive", "EventLog"]),
        tests("SchedulingTests", ["Scheduling", "Controllers", "ClusterState", "Document", "Records", "Schema"]),
        tests("BootstrapTests", ["Document", "Schema", "Records", "ClusterState", "Access", "Admission", "Requests"]),
        tests("ServiceRoutingTests", ["ServiceRouting", "Document"]),
        tests(
            "KubeletTests",
            ["Kubelet", "Engine", "ClusterState", "Records", "Controllers", "Schema", "Document", logging]),
        tests("FlowControlTests", ["Document", "Schema", "Records", "ClusterState", "Access", "FlowControl"]),
        tests("TimeZonesTests", ["TimeZones"]),
        tests("ExpressionsTests", ["Expressions", "Document", "TimeZones"]),
        tests("AdmissionTests", ["Admission", "Document", "Schema", "Records", "ClusterState"]),
        tests(
            "HistoryTests",
            ["Document", "Schema", "Records", "ClusterState", "Access", "Patching", "Requests", "EventLog", "History"]),
        tests("ReplayTests", ["Document", "Records", "ClusterState", "EventLog"]),
        tests("KubeProxyTests", ["ServiceRouting", "Document"]),
    ]
)
