import Document
import Foundation
import TestSupport
import Testing

/// A recorder beside a cluster, and what its recording says afterwards.
@Suite(.serialized) struct RecordingTests {
    static let definition: JSON = [
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": ["name": "widgets.example.com"],
        "spec": [
            "group": "example.com", "scope": "Namespaced",
            "names": ["plural": "widgets", "singular": "widget", "kind": "Widget"],
            "versions": [
                [
                    "name": "v1", "served": true, "storage": true,
                    "schema": [
                        "openAPIV3Schema": [
                            "type": "object",
                            "properties": [
                                "spec": ["type": "object", "properties": ["size": ["type": "integer"]]]
                            ],
                        ]
                    ],
                ]
            ],
        ],
    ]
    static func widget(_ name: String) -> JSON {
        [
            "apiVersion": "example.com/v1", "kind": "Widget", "metadata": ["name": .string(name)],
            "spec": ["size": 3],
        ]
    }
    static let widgets = "/apis/example.com/v1/namespaces/default/widgets"
    static let configMaps = "/api/v1/namespaces/default/configmaps"

    /// (uid, resourceVersion) of every object of a kind.
    private static func versions(_ list: JSON, recorded: Bool) -> Set<String> {
        Set(
            list["items"]!.elements.map { item in
                let version =
                    recorded
                    ? item["metadata", "annotations", "reckon.dev/source-resource-version"]
                    : item["metadata", "resourceVersion"]
                return (item["metadata", "uid"]?.string ?? "") + "@" + (version?.string ?? "")
            })
    }

    private static func document(_ kubeconfig: String, _ arguments: String...) throws -> JSON {
        let answer = try Tools.run(
            [try #require(Tools.kubectl)] + arguments + ["-o", "json"], environment: ["KUBECONFIG": kubeconfig])
        return try JSON(parsing: Array(answer.output.utf8))
    }

    /// Rollouts, definitions that appear with their objects, deletions while the recorder is dead: what is recorded ends as the cluster
    /// does, each version once, and the time that was missed is marked.
    @Test(.enabled(if: Tools.kubectl != nil, "there is no kubectl: tools/bootstrap --test installs one"))
    func whatHappensIsRecorded() async throws {
        let source = try ReckonProcess(["up", "--nodes", "simulated:2"])
        defer { source.remove() }
        let recording = source.directory.path + "/recording"
        let record = ["record", "--kubeconfig", source.kubeconfig, "--data", recording]
        var recorder = try BackgroundCommand(record, directory: source.directory)
        defer { recorder.stop() }
        #expect(recorder.firstLine.hasPrefix("recording https://"))

        #expect(try source.kubectl("create", "deployment", "web", "--image=a:1", "--replicas=2").status == 0)
        #expect(try source.kubectl("rollout", "status", "deployment/web", "--timeout=60s").status == 0)
        #expect(try source.kubectl("create", "secret", "generic", "s", "--from-literal=word=hunter2").status == 0)
        _ = try await source.send(
            "POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", Self.definition)
        let served = try await source.eventually { try await source.send("GET", Self.widgets).status == 200 }
        #expect(served)
        for name in ["w1", "w2"] {
            #expect(try await source.send("POST", Self.widgets, Self.widget(name)).status == 201)
        }
        let shown = try BackgroundCommand(["serve", "--data", recording], directory: source.directory)
        defer { shown.stop() }
        // The new kind is found by itself, and who looks follows.
        let seen = try await source.eventually {
            (try? Self.document(shown.kubeconfig, "get", "widgets"))?["items"]?.elements.count == 2
        }
        #expect(seen)

        recorder.crash()
        let died = Date()
        #expect(try await source.send("DELETE", Self.widgets + "/w1").status == 200)
        #expect(try source.kubectl("set", "image", "deployment/web", "a=a:2").status == 0)
        #expect(try source.kubectl("rollout", "status", "deployment/web", "--timeout=60s").status == 0)
        try await Task.sleep(nanoseconds: 1_000_000_000)
        recorder = try BackgroundCommand(record, directory: source.directory)

        for kind in ["pods", "deployments", "replicasets", "widgets", "configmaps", "secrets"] {
            var (live, kept): (Set<String>, Set<String>) = ([], [])
            let agree = try await source.eventually(20) {
                live = Self.versions(try Self.document(source.kubeconfig, "get", kind, "-A"), recorded: false)
                kept = Self.versions(try Self.document(shown.kubeconfig, "get", kind, "-A"), recorded: true)
                return live == kept
            }
            #expect(agree, "\(kind): \(live.symmetricDifference(kept))")
        }
        // The missed time is marked, and a read inside it says so.
        let marked = try await source.eventually {
            (try? Self.document(shown.kubeconfig, "get", "gaps"))?["items"]?.elements.contains {
                $0["spec", "resource"] == "widgets.example.com" && $0["spec", "to"] != nil
            } == true
        }
        #expect(marked)
        let form = ISO8601DateFormatter()
        form.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        let inside = form.string(from: died.addingTimeInterval(0.3))
        let url = shown.url
        let past = try Tools.run(
            [Tools.kubectl!, "-s", "\(url)/at/\(inside)", "get", "widgets", "-o", "name"],
            environment: ["KUBECONFIG": shown.kubeconfig])
        #expect(past.output.contains("widget.example.com/w1") && past.errors.contains("unknown"), "\(past)")
        // Read-only, and without what Secrets hold.
        let refused = try Tools.run(
            [Tools.kubectl!, "delete", "widget", "w2"], environment: ["KUBECONFIG": shown.kubeconfig])
        #expect(refused.status != 0 && refused.errors.contains("read-only"))
        let secret = try Self.document(shown.kubeconfig, "get", "secret", "s")
        let word = secret["data", "word"]?.string.flatMap { Data(base64Encoded: $0) }.map {
            String(decoding: $0, as: UTF8.self)
        }
        #expect(word?.hasPrefix("redacted-") == true)
        // Each (uid, version) once, with its author.
        recorder.stop()
        let exported = try source.reckon("log", "export", "--data", recording, "--bodies")
        var once: Set<String> = []
        for line in exported.output.split(separator: "\n") {
            let event = try JSON(parsing: Array(line.utf8))
            guard event["decision", "sourceResourceVersion"] != nil else { continue }
            for change in event["changes"]?.elements ?? [] where change["kind"] != "deleted" {
                let key = "\(change["uid"]!)@\(event["decision", "objectResourceVersion"]!)"
                #expect(once.insert(key).inserted, "\(key) is recorded twice")
            }
        }
        #expect(once.count > 100)
        #expect(!exported.output.contains("hunter2") && !exported.output.contains("aHVudGVyMg=="))
        let history = try Tools.run(
            [Tools.reckon, "history", "deployment/web"], environment: ["KUBECONFIG": shown.kubeconfig])
        #expect(history.output.contains("kubectl-create") && history.output.contains("unseen since"), "\(history)")
        // The recorder's own books are nobody's change.
        let doctor = try Tools.run([Tools.reckon, "doctor"], environment: ["KUBECONFIG": shown.kubeconfig])
        let isClean = doctor.output.contains("Changed from outside") && !doctor.output.contains("reckon-recorder")
        #expect(isClean, "\(doctor)")
        #expect(try source.reckon("log", "verify", "--data", recording).status == 0)
    }

    /// A source that has forgotten where the recorder was: everything is listed again, what is gone is taken to be deleted, and the gap
    /// says that versions were missed.
    @Test func aForgottenPlaceIsAGap() async throws {
        let source = try ReckonProcess(["apiserver", "--retain-journal", "1s"])
        defer { source.remove() }
        let recording = source.directory.path + "/recording"
        let record = ["record", "--kubeconfig", source.kubeconfig, "--data", recording, "--kinds", "configmaps"]
        for i in 1...3 { _ = try await source.send("POST", Self.configMaps, ShippingTests.configMap(i)) }
        var recorder = try BackgroundCommand(record, directory: source.directory)
        try await Task.sleep(nanoseconds: 1_500_000_000)
        recorder.crash()
        let before = try await source.send("GET", "/reckon/v1/status").body["revision"]?.int ?? 0
        _ = try await source.send("DELETE", Self.configMaps + "/c1")
        let forgotten = try await source.eventually(40) {
            _ = try await source.send(
                "PATCH", Self.configMaps + "/c2", ["data": ["t": .string("\(Date())")]],
                contentType: "application/merge-patch+json")
            return try await source.send("GET", "/reckon/v1/status").body["floor"]?.int ?? 0 > before + 1
        }
        #expect(forgotten)
        recorder = try BackgroundCommand(record, directory: source.directory)
        defer { recorder.stop() }
        let shown = try BackgroundCommand(["serve", "--data", recording], directory: source.directory)
        defer { shown.stop() }
        let marked = try await source.eventually {
            (try? Self.document(shown.kubeconfig, "get", "gaps"))?["items"]?.elements.contains {
                $0["spec", "resource"] == "configmaps" && $0["spec", "type"] == "Missed"
                    && $0["spec", "reason"]?.string?.contains("410") == true
            } == true
        }
        #expect(marked, "\((try? Self.document(shown.kubeconfig, "get", "gaps"))?.text ?? "")")
        let live = Self.versions(try await source.send("GET", Self.configMaps).body, recorded: false)
        let same = try await source.eventually {
            let kept = try Self.document(shown.kubeconfig, "get", "configmaps", "-n", "default")
            return Self.versions(kept, recorded: true) == live
        }
        #expect(same)
    }

    /// A kind that Reckon does not have and no definition defines, here of an aggregated server, is recorded and shown all the same.
    @Test(.enabled(if: Tools.kubectl != nil, "there is no kubectl: tools/bootstrap --test installs one"))
    func kindsThatNobodyDefinedAreShown() async throws {
        let outside = try await AggregationTests.extensionServer()
        let source = try ReckonProcess(["apiserver"])
        defer { source.remove() }
        _ = try await source.send(
            "POST", "/api/v1/namespaces/default/services",
            [
                "metadata": ["name": "api"], "spec": ["type": "ExternalName", "externalName": "localhost"],
            ])
        _ = try await source.send(
            "POST", "/apis/apiregistration.k8s.io/v1/apiservices", AggregationTests.register(outside))
        let offered = try await source.eventually {
            try await source.send("GET", "/apis").body["groups"]?.elements.contains {
                $0["name"]?.string == AggregationTests.group
            } == true
        }
        #expect(offered)
        let recording = source.directory.path + "/recording"
        let recorder = try BackgroundCommand(
            ["record", "--kubeconfig", source.kubeconfig, "--data", recording, "--namespace", "default"],
            directory: source.directory)
        defer { recorder.stop() }
        let shown = try BackgroundCommand(["serve", "--data", recording], directory: source.directory)
        defer { shown.stop() }
        // By its short name too, as the source gives it.
        let seen = try await source.eventually {
            try Tools.run([Tools.kubectl!, "get", "th"], environment: ["KUBECONFIG": shown.kubeconfig]).output
                .contains("one ")
        }
        #expect(seen)
        // The definition is the recorder's; that the source has none does not end it.
        recorder.stop()
        let again = try BackgroundCommand(
            ["record", "--kubeconfig", source.kubeconfig, "--data", recording, "--namespace", "default"],
            directory: source.directory)
        defer { again.stop() }
        try await Task.sleep(nanoseconds: 1_000_000_000)
        let thing = try Self.document(shown.kubeconfig, "get", "things", "one")
        #expect(thing["apiVersion"]?.string == AggregationTests.apiVersion && thing["kind"] == "Thing")
    }

    /// A window of a cluster as one file: opened elsewhere it shows the window and nothing else.
    @Test(.enabled(if: Tools.kubectl != nil, "there is no kubectl: tools/bootstrap --test installs one"))
    func anIncidentFileIsOpenedAnywhere() async throws {
        let cluster = try ReckonProcess(["up", "--nodes", "simulated:2"])
        defer { cluster.remove() }
        #expect(try cluster.kubectl("create", "namespace", "shop").status == 0)
        #expect(try cluster.kubectl("create", "configmap", "before", "-n", "default").status == 0)
        #expect(try cluster.kubectl("-n", "shop", "create", "deployment", "web", "--image=a:1").status == 0)
        #expect(try cluster.kubectl("-n", "shop", "set", "env", "deployment/web", "WORD=hunter2").status == 0)
        #expect(try cluster.kubectl("-n", "shop", "rollout", "status", "deployment/web", "--timeout=60s").status == 0)
        let since = try await cluster.send("GET", "/reckon/v1/status").body["revision"]?.int ?? 0
        #expect(try cluster.kubectl("-n", "shop", "set", "image", "deployment/web", "a=a:2").status == 0)
        let scaled = try cluster.kubectl("-n", "shop", "scale", "deployment/web", "--replicas=3")
        #expect(scaled.status == 0)
        #expect(try cluster.kubectl("-n", "shop", "rollout", "status", "deployment/web", "--timeout=60s").status == 0)
        let file = cluster.directory.path + "/incident.reckon"
        let key = cluster.directory.path + "/phrase"
        try "a phrase".write(toFile: key, atomically: true, encoding: .utf8)
        let made = try cluster.reckon(
            "capture", "--data", cluster.dataPath, "-o", file, "--since", "\(since)", "-n", "shop", "--redact",
            "secrets,env", "--key-file", key)
        #expect(made.status == 0, "\(made.errors)")
        cluster.stop()
        let bytes = try Data(contentsOf: URL(fileURLWithPath: file))
        #expect(bytes.range(of: Data("hunter2".utf8)) == nil)
        // Its head can be read by anybody; without the key nothing else can.
        #expect(bytes.range(of: Data("\"kind\":\"Capture\"".utf8)) != nil)
        #expect(throws: (any Error).self) { try BackgroundCommand(["serve", file], directory: cluster.directory) }
        var damaged = bytes
        damaged[bytes.count / 2] ^= 1
        let broken = cluster.directory.path + "/broken.reckon"
        try damaged.write(to: URL(fileURLWithPath: broken))
        let refused = try cluster.reckon("serve", broken, "--key-file", key)
        #expect(refused.status == 2 && refused.errors.contains("frame"), "\(refused)")
        try Data(bytes.prefix(5)).write(to: URL(fileURLWithPath: broken))
        let other = try cluster.reckon("serve", broken, "--key-file", key)
        #expect(other.status == 2 && other.errors.contains("no file that `reckon capture`"), "\(other)")

        let shown = try BackgroundCommand(["serve", file, "--key-file", key], directory: cluster.directory)
        defer { shown.stop() }
        let pods = try Self.document(shown.kubeconfig, "get", "pods", "-A")
        #expect(pods["items"]?.elements.count == 3)
        #expect(pods["items"]?.elements.allSatisfy { $0["metadata", "namespace"] == "shop" } == true)
        let deployment = try Self.document(shown.kubeconfig, "get", "deployment", "web", "-n", "shop")
        let value = deployment["spec", "template", "spec", "containers"]?[0]?["env"]?[0]?["value"]?.string
        #expect(value?.hasPrefix("redacted-") == true)
        let described = try Tools.run(
            [Tools.kubectl!, "-n", "shop", "describe", "deployment", "web"],
            environment: ["KUBECONFIG": shown.kubeconfig])
        #expect(described.output.contains("ScalingReplicaSet"))
        let url = shown.url
        let then = try Tools.run(
            [
                Tools.kubectl!, "-s", "\(url)/at/\(since)", "-n", "shop", "get", "deployment", "web", "-o",
                "jsonpath={.spec.template.spec.containers[0].image} {.spec.replicas}",
            ], environment: ["KUBECONFIG": shown.kubeconfig])
        #expect(then.output == "a:1 1", "\(then)")
        let history = try Tools.run(
            [Tools.reckon, "history", "deployment/web", "-n", "shop"], environment: ["KUBECONFIG": shown.kubeconfig])
        #expect(history.output.contains("spec.replicas: 1 → 3"), "\(history)")
        let below = try Tools.run(
            [Tools.kubectl!, "get", "--raw", "/at/\(since - 1)/api/v1/namespaces/shop/pods"],
            environment: ["KUBECONFIG": shown.kubeconfig])
        #expect(below.status != 0 && below.errors.contains("history begins at revision \(since)"), "\(below)")
        // A file does not go on: its present is where it ends, and ages count to there.
        var timeline: JSON = [:]
        let ended = try await cluster.eventually(30) {
            let answer = try Tools.run(
                [Tools.kubectl!, "get", "--raw", "/reckon/v1/timeline?buckets=1"],
                environment: ["KUBECONFIG": shown.kubeconfig])
            timeline = try JSON(parsing: Array(answer.output.utf8))
            return timeline["ends"] != nil
        }
        #expect(ended, "\(timeline.text)")
        let end = try #require(timeline["ends"]?.string.flatMap { Timestamp(rfc3339: $0) })
        let now = try #require(timeline["now"]?.string.flatMap { Timestamp(rfc3339: $0) })
        #expect(now.since(end) > 15_000_000)
        let table = try Tools.run(
            [Tools.kubectl!, "get", "pods", "-n", "shop"], environment: ["KUBECONFIG": shown.kubeconfig])
        let ages = table.output.split(separator: "\n").dropFirst().compactMap { line in
            line.split(separator: " ").last.flatMap { Int64($0.dropLast()) }
        }
        let born = pods["items"]?.elements.compactMap { pod in
            pod["metadata", "creationTimestamp"]?.string.flatMap { Timestamp(rfc3339: $0) }
        }
        let expected = (born ?? []).map { end.since($0) / 1_000_000 }
        #expect(ages.count == 3 && zip(ages, expected).allSatisfy { abs($0 - $1) <= 1 }, "\(table.output)")
    }

    /// A real kube-apiserver, when there is one: `APISERVER_KUBECONFIG` names the kubeconfig of a cluster that may be written to.
    @Test(
        .enabled(
            if: ProcessInfo.processInfo.environment["APISERVER_KUBECONFIG"] != nil,
            "no real kube-apiserver: set APISERVER_KUBECONFIG to the kubeconfig of one"))
    func aRealClusterIsRecorded() async throws {
        let kubeconfig = try #require(ProcessInfo.processInfo.environment["APISERVER_KUBECONFIG"])
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
            "reckon-record-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let recording = directory.path + "/recording"
        let recorder = try BackgroundCommand(
            ["record", "--kubeconfig", kubeconfig, "--data", recording], directory: directory)
        defer { recorder.stop() }
        let kubectl = try #require(Tools.kubectl)
        let name = "reckon-\(UUID().uuidString.prefix(8).lowercased())"
        for command in [
            ["create", "configmap", name, "--from-literal=a=1"], ["label", "configmap", name, "b=2"],
        ] {
            #expect(try Tools.run([kubectl] + command, environment: ["KUBECONFIG": kubeconfig]).status == 0)
        }
        let shown = try BackgroundCommand(["serve", "--data", recording], directory: directory)
        defer { shown.stop() }
        var (live, kept): (Set<String>, Set<String>) = ([], [])
        for _ in 0..<100 {
            live = Self.versions(try Self.document(kubeconfig, "get", "configmaps", "-A"), recorded: false)
            kept = Self.versions(try Self.document(shown.kubeconfig, "get", "configmaps", "-A"), recorded: true)
            if live == kept { break }
            try await Task.sleep(nanoseconds: 100_000_000)
        }
        #expect(live == kept && !live.isEmpty)
        _ = try Tools.run([kubectl, "delete", "configmap", name], environment: ["KUBECONFIG": kubeconfig])
    }
}
