import Document
import Foundation
import HTTPEdge
import NIOCore
import NIOPosix
import TestSupport
import Testing

/// Small requests that would make a careless server work or remember much: each is refused quickly, and the server goes on.
@Suite(.serialized) struct BombTests {
    private struct Bomb {
        let name: String
        var method = "POST"
        var path = "/api/v1/namespaces/default/configmaps?dryRun=All"
        var contentType = "application/json"
        let body: [UInt8]
    }

    private static func repeated(_ text: String, _ count: Int) -> [UInt8] {
        let piece = Array(text.utf8)
        var out: [UInt8] = []
        out.reserveCapacity(piece.count * count)
        for _ in 0..<count { out += piece }
        return out
    }

    private static func joined(_ parts: [UInt8]...) -> [UInt8] { Array(parts.joined()) }

    private static var bombs: [Bomb] {
        let start = Array(#"{"apiVersion":"v1","kind":"ConfigMap","#.utf8)
        let size = 3 * 1024 * 1024 - 200
        var aliases = "a: &a [x,x,x,x,x,x,x,x,x]\n"
        for (former, next) in zip("abcdefghijk", "bcdefghijkl") {
            aliases += "\(next): &\(next) [" + Array(repeating: "*\(former)", count: 9).joined(separator: ",") + "]\n"
        }
        let operations = (0..<10_001).map { #"{"op":"add","path":"/data/k\#($0)","value":"v"}"# }
        let copies = Array(repeating: #"{"op":"copy","from":"/data","path":"/data/x"}"#, count: 60)
        let list = Array(repeating: #""x""#, count: 100_000).joined(separator: ",")
        let insertions = Array(repeating: #"{"op":"add","path":"/list/0","value":"v"}"#, count: 9_998)
        let patched = "/api/v1/namespaces/default/configmaps/bombed?dryRun=All"
        let patch = "application/json-patch+json"
        func many(_ count: Int, _ element: (Int) -> String) -> String {
            (0..<count).map(element).joined(separator: ",")
        }
        func object(_ text: String) -> [UInt8] { Array(text.utf8) }
        let named = #"{"metadata":{"name":"a""#
        let moves = many(9_998) { #"{"op":"move","from":"/list/\#($0 * 7 % 99_000)","path":"/list/0"}"# }
        return [
            Bomb(
                name: "100,000 finalizers that are none",
                body: object(#"\#(named),"finalizers":[\#(many(100_000) { "\"k\($0)\"" })]}}"#)),
            Bomb(
                name: "150,000 labels that are none",
                body: object(#"\#(named),"labels":{\#(many(150_000) { "\"k\($0)\":\"!\"" })}}}"#)),
            Bomb(
                name: "5,000 owners that all control",
                body: object(
                    #"\#(named),"ownerReferences":[\#(many(5_000) { #"{"apiVersion":"v1","kind":"Pod","name":"n","uid":"\#($0)","controller":true}"# })]}}"#
                )),
            Bomb(
                name: "addresses that are none", path: "/api/v1/namespaces/default/endpoints?dryRun=All",
                body: object(#"\#(named)},"subsets":[{"addresses":[\#(many(20_000) { _ in #"{"ip":"x"}"# })]}]}"#)),
            Bomb(
                name: "rules that name no resources",
                path: "/apis/rbac.authorization.k8s.io/v1/clusterroles?dryRun=All",
                body: object(
                    #"\#(named)},"rules":[\#(many(20_000) { _ in #"{"verbs":["get"],"apiGroups":[""]}"# })]}"#)),
            Bomb(
                name: "moves in a long list", method: "PATCH", path: patched, contentType: patch,
                body: object(
                    #"[{"op":"add","path":"/list","value":[\#(list)]},\#(moves),{"op":"test","path":"/list/0","value":"y"}]"#
                )),
            Bomb(
                name: "a selector of 10,000 bad terms", method: "GET",
                path: "/api/v1/namespaces/default/configmaps?labelSelector=" + many(10_000) { "k\($0)=!" }, body: []),
            Bomb(name: "3 MiB of open brackets", body: repeated("[", size)),
            Bomb(name: "3 MiB of objects in objects", body: repeated(#"{"a":"#, size / 5)),
            Bomb(
                name: "closed brackets, 5,000 deep",
                body: joined(start, repeated(#""x":"#, 1), repeated("[", 5_000), repeated("]", 5_000), repeated("}", 1))
            ),
            Bomb(name: "4 MiB", body: repeated("a", 4 << 20)),
            Bomb(
                name: "a text of 3 MiB",
                body: joined(
                    start, repeated(#""metadata":{"name":"a"},"data":{"a":""#, 1), repeated("a", size - 200),
                    repeated(#""}}"#, 1))),
            Bomb(name: "a number of 3 MiB", body: repeated("9", size)),
            Bomb(name: "YAML aliases of aliases", contentType: "application/yaml", body: Array(aliases.utf8)),
            Bomb(name: "YAML brackets, 200,000 deep", contentType: "application/yaml", body: repeated("[", 200_000)),
            Bomb(
                name: "YAML maps, 1,500 deep", contentType: "application/yaml",
                body: (0..<1_500).flatMap { joined(repeated(" ", $0), repeated("a:\n", 1)) }),
            Bomb(
                name: "protobuf that says it is long", contentType: "application/vnd.kubernetes.protobuf",
                body: joined(repeated("k8s\0", 1), [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F])),
            Bomb(
                name: "a patch of 10,001 operations", method: "PATCH", path: patched, contentType: patch,
                body: Array("[\(operations.joined(separator: ","))]".utf8)),
            Bomb(
                name: "a patch that inserts before 100,000 elements, 10,000 times", method: "PATCH", path: patched,
                contentType: patch,
                body: Array(
                    #"[{"op":"add","path":"/list","value":[\#(list)]},\#(insertions.joined(separator: ",")),{"op":"test","path":"/list/0","value":"x"}]"#
                        .utf8)),
            Bomb(
                name: "YAML of 60,000 members in no order", contentType: "application/yaml",
                body: Array(
                    ("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n"
                        + (0..<60_000).map { "  k\($0 * 7919 % 60_000): true\n" }.joined()).utf8)),
            Bomb(
                name: "a patch that doubles again and again", method: "PATCH", path: patched, contentType: patch,
                body: Array("[\(copies.joined(separator: ","))]".utf8)),
            Bomb(
                name: "a rule that nests loops",
                path: "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies?dryRun=All",
                body: Array(
                    #"{"apiVersion":"admissionregistration.k8s.io/v1","kind":"ValidatingAdmissionPolicy","metadata":{"name":"a"},"spec":{"validations":[{"expression":"\#(String(repeating: "[1].all(x, ", count: 2_000))"}]}}"#
                        .utf8)),
            Bomb(
                name: "a rule that doubles itself",
                path: "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies?dryRun=All",
                body: Array(
                    #"{"apiVersion":"admissionregistration.k8s.io/v1","kind":"ValidatingAdmissionPolicy","metadata":{"name":"a"},"spec":{"validations":[{"expression":"optional.of(1)\#(String(repeating: ".optMap(x, x)", count: 60)).hasValue()"}]}}"#
                        .utf8)),
        ]
    }

    @Test func bombsAreRefused() async throws {
        let server = try ReckonProcess(["apiserver"])
        defer { server.remove() }
        let client = HTTPClient(group: MultiThreadedEventLoopGroup.singleton, tls: .init(trustsAnyone: true))
        defer { client.shutdown() }
        let made: JSON = ["metadata": ["name": "bombed"], "data": ["a": "b"]]
        #expect(try await server.send("POST", "/api/v1/namespaces/default/configmaps", made).status == 201)
        for bomb in Self.bombs {
            let before = try used(server.processIdentifier)
            let answer = try await client.send(
                .init(
                    .init(rawValue: bomb.method), server.url + bomb.path,
                    headers: [("Authorization", "Bearer admintoken"), ("Content-Type", bomb.contentType)],
                    body: ByteBuffer(bytes: bomb.body)))
            let after = try used(server.processIdentifier)
            #expect((400..<500).contains(answer.status), "\(bomb.name): \(answer.status)")
            // A debug build is some ten times slower than a release build, which the limits are for.
            let milliseconds = after.milliseconds - before.milliseconds
            #expect(milliseconds <= (isDebug ? 1_000 : 100), "\(bomb.name) took \(milliseconds) ms")
            #expect(
                after.mebibytes - before.mebibytes <= 32, "\(bomb.name) took \(after.mebibytes - before.mebibytes) MiB")
        }
        #expect(try await server.send("GET", "/api/v1/namespaces/default").status == 200)
    }

    private var isDebug: Bool { Tools.reckon.contains("/debug/") }

    /// The processor time that a process used so far, and the memory that it holds now.
    private func used(_ process: Int32) throws -> (milliseconds: Int, mebibytes: Int) {
        let line = try String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
        let fields = line[line.index(after: line.lastIndex(of: ")")!)...].split(separator: " ")
        let ticks = (Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0)
        let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        let held = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }?.split(separator: " ")
        let kibibytes = held.map { $0.count > 1 ? Int($0[1]) ?? 0 : 0 } ?? 0
        return (ticks * 10, kibibytes / 1024)
    }
}
