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

    /// A Pod whose containers are empty messages, in an envelope.
    private static func protobufPod(containers: Int) -> [UInt8] {
        func field(_ number: UInt8, _ content: [UInt8]) -> [UInt8] {
            var (out, length): ([UInt8], Int) = ([number << 3 | 2], content.count)
            while length >= 0x80 {
                out.append(UInt8(length & 0x7F) | 0x80)
                length >>= 7
            }
            return out + [UInt8(length)] + content
        }
        let kind = field(1, Array("v1".utf8)) + field(2, Array("Pod".utf8))
        let spec = Array(repeating: [0x12, 0] as [UInt8], count: containers).flatMap { $0 }
        return Array("k8s\0".utf8) + field(1, kind) + field(2, field(2, spec))
    }

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
            Bomb(
                name: "a pod of a million empty containers", path: "/api/v1/namespaces/default/pods?dryRun=All",
                body: object(#"\#(named)},"spec":{"containers":[\#(many(1_000_000) { _ in "{}" })]}}"#)),
            Bomb(
                name: "a pod of 60,000 empty containers", path: "/api/v1/namespaces/default/pods?dryRun=All",
                body: object(#"\#(named)},"spec":{"containers":[\#(many(60_000) { _ in "{}" })]}}"#)),
            Bomb(
                name: "the same in protobuf", path: "/api/v1/namespaces/default/pods?dryRun=All",
                contentType: "application/vnd.kubernetes.protobuf", body: protobufPod(containers: 1_400_000)),
            Bomb(
                name: "gates that are none", path: "/api/v1/namespaces/default/pods?dryRun=All",
                body: object(
                    #"\#(named)},"spec":{"containers":[{"name":"a","image":"i"}],"schedulingGates":[\#(many(40_000) { _ in "{}" })]}}"#
                )),
            Bomb(
                name: "usages that are none",
                path: "/apis/certificates.k8s.io/v1/certificatesigningrequests?dryRun=All",
                body: object(
                    #"\#(named)},"spec":{"signerName":"a.b/c","request":"YQ==","usages":[\#(many(150_000) { _ in "\"x\"" })]}}"#
                )),
            Bomb(
                name: "applied containers", method: "PATCH",
                path: "/api/v1/namespaces/default/pods/a?dryRun=All&fieldManager=m",
                contentType: "application/apply-patch+yaml",
                body: object(
                    #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"containers":[\#(many(60_000) { #"{"name":"c\#($0)"}"# })]}}"#
                )),
            Bomb(
                name: "YAML anchors", contentType: "application/yaml",
                body: object("x: [\(many(250_000) { "&a\($0) b" })]")),
            Bomb(
                name: "patterns of a megabyte",
                path: "/apis/apiextensions.k8s.io/v1/customresourcedefinitions?dryRun=All",
                body: object(
                    #"{"metadata":{"name":"as.b.c"},"spec":{"group":"b.c","scope":"Cluster","names":{"plural":"as","kind":"A"},"versions":[{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object","properties":{"a":{"type":"string","pattern":"\#(String(repeating: "(a|b)", count: 200_000))"}}}}}]}}"#
                )),
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
        // A debug build is some ten times slower than a release build, which the limits are for.
        let limit = isDebug ? 1_000 : 100
        for bomb in Self.bombs {
            let request = HTTPClient.Request(
                .init(rawValue: bomb.method), server.url + bomb.path,
                headers: [("Authorization", "Bearer admintoken"), ("Content-Type", bomb.contentType)],
                body: ByteBuffer(bytes: bomb.body))
            var (milliseconds, mebibytes) = (Int.max, 0)
            // What the server does besides counts too: the best of three tries is the bomb's own.
            for _ in 0..<3 where milliseconds > limit {
                let before = try used(server.processIdentifier)
                let answer = try await client.send(request)
                let after = try used(server.processIdentifier)
                #expect((400..<500).contains(answer.status), "\(bomb.name): \(answer.status)")
                milliseconds = min(milliseconds, after.milliseconds - before.milliseconds)
                mebibytes = max(mebibytes, after.mebibytes - before.mebibytes)
            }
            #expect(milliseconds <= limit, "\(bomb.name) took \(milliseconds) ms")
            #expect(mebibytes <= 32, "\(bomb.name) took \(mebibytes) MiB")
        }
        #expect(try await server.send("GET", "/api/v1/namespaces/default").status == 200)
    }

    /// Large objects that serious clients send are taken: none of the limits is near them.
    @Test func largeObjectsAreTaken() async throws {
        let server = try ReckonProcess(["apiserver"])
        defer { server.remove() }
        let definition: JSON = [
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": ["name": "bags.example.com"],
            "spec": [
                "group": "example.com", "scope": "Namespaced", "names": ["plural": "bags", "kind": "Bag"],
                "versions": [
                    [
                        "name": "v1", "served": true, "storage": true,
                        "schema": [
                            "openAPIV3Schema": [
                                "type": "object",
                                "properties": [
                                    "items": [
                                        "type": "array",
                                        "items": ["type": "object", "properties": ["k": ["type": "integer"]]],
                                    ]
                                ],
                            ]
                        ],
                    ]
                ],
            ],
        ]
        let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
        #expect(try await server.send("POST", definitions, definition).status == 201)
        let bags = "/apis/example.com/v1/namespaces/default/bags"
        var found = try await server.send("GET", bags)
        for _ in 0..<50 where found.status != 200 {
            try await Task.sleep(for: .milliseconds(100))
            found = try await server.send("GET", bags)
        }
        let bag: JSON = [
            "apiVersion": "example.com/v1", "kind": "Bag", "metadata": ["name": "a"],
            "items": .array(Array(repeating: ["k": 1], count: 150_000)),
        ]
        #expect(try await server.send("POST", bags, bag).status == 201)
        let many: JSON = [
            "apiVersion": "example.com/v1", "kind": "Bag", "metadata": ["name": "b"],
            "items": .array(Array(repeating: ["k": 1], count: 200_000)),
        ]
        #expect(try await server.send("POST", bags + "?dryRun=All", many).status == 201)
        let map: JSON = [
            "metadata": ["name": "m"],
            "data": .object(JSONObject((0..<40_000).map { ("k\($0)", JSON.string("value")) })),
        ]
        #expect(try await server.send("POST", "/api/v1/namespaces/default/configmaps?dryRun=All", map).status == 201)
        let role: JSON = [
            "metadata": ["name": "r"],
            "rules": .array(
                (0..<20_000).map { ["apiGroups": [""], "resources": [.string("r\($0)")], "verbs": ["get"]] }),
        ]
        let roles = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
        #expect(try await server.send("POST", roles + "?dryRun=All", role).status == 201)
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
