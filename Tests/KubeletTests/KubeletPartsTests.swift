import Document
import Engine
import Foundation
import Kubelet
import Testing

/// A directory that goes away with the test.
final class TemporaryDirectory {
    let path: String
    init() {
        path = NSTemporaryDirectory() + "reckon-" + UUID().uuidString.prefix(8).lowercased()
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    deinit { try? FileManager.default.removeItem(atPath: path) }
}

@Suite struct KubeletPartsTests {
    @Test func atomicWriterShowsOneVersion() throws {
        let folder = TemporaryDirectory()
        let writer = AtomicWriter(directory: folder.path + "/v")
        func read(_ name: String) -> String? {
            FileManager.default.contents(atPath: folder.path + "/v/" + name).map { String(decoding: $0, as: UTF8.self) }
        }
        try writer.write(
            ["a": .init(bytes: Array("1".utf8), mode: 0o644), "d/b": .init(bytes: Array("2".utf8), mode: 0o400)],
            stamp: "1")
        #expect(read("a") == "1" && read("d/b") == "2")
        try writer.write(["a": .init(bytes: Array("3".utf8), mode: 0o644)], stamp: "2")
        #expect(read("a") == "3" && read("d/b") == nil)
        let visible = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/v").sorted()
        #expect(visible == ["..2", "..data", "a"])
        // The same again writes nothing.
        try writer.write(["a": .init(bytes: Array("3".utf8), mode: 0o644)], stamp: "3")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/v").sorted() == visible)
    }

    @Test func variablesExpandAsUpstream() {
        let values = ["A": "1", "B": "$(A)"]
        #expect(Environment.expand("$(A)-$(B)-$(C)-$$(A)-$x-$", values) == "1-$(A)-$(C)-$(A)-$x-$")
    }

    @Test func logsAreCutAsAsked() throws {
        let folder = TemporaryDirectory()
        let path = folder.path + "/0.log"
        let lines = [
            "2026-11-23T03:02:51.000000001Z stdout F one", "2026-11-23T03:02:52.5Z stderr F two",
            "2026-11-23T03:02:53.000000000Z stdout P thr", "2026-11-23T03:02:53.000000001Z stdout F ee", "",
        ]
        try lines.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
        func read(_ change: (inout LogRequest) -> Void) -> String {
            var request = LogRequest(namespace: "n", pod: "p", uid: "")
            change(&request)
            var reader = LogReader(path: path, request)!
            defer { reader.closeFile() }
            var out: [UInt8] = []
            while let piece = reader.next() { out += piece }
            return String(decoding: out, as: UTF8.self)
        }
        #expect(read { _ in } == "one\ntwo\nthree\n")
        #expect(read { $0.tailLines = 3 } == "two\nthree\n")
        #expect(read { $0.tailLines = 0 } == "")
        #expect(
            read {
                $0.timestamps = true
                $0.tailLines = 4
            }.hasPrefix("2026-11-23T03:02:51.000000001Z one\n"))
        #expect(read { $0.since = Timestamp(rfc3339: "2026-11-23T03:02:52Z") } == "two\nthree\n")
        #expect(read { $0.limitBytes = 5 } == "one\nt")
        #expect(read { $0.stream = "Stderr" } == "two\n")
    }

    @Test func statusPatchesHoldOnlyTheDifference() {
        let ready: JSON = ["type": "Ready", "status": "True"]
        let old: JSON = [
            "phase": "Pending", "hostIP": "1.2.3.4", "message": "x",
            "conditions": [["type": "Ready", "status": "False", "reason": "X"], ["type": "Other", "status": "True"]],
        ]
        let new: JSON = [
            "phase": "Running", "hostIP": "1.2.3.4", "conditions": [ready, ["type": "Other", "status": "True"]],
        ]
        let patch = StatusPatch.make(from: old, to: new, uid: "u")
        #expect(patch?["metadata", "uid"]?.string == "u")
        #expect(patch?["status", "phase"]?.string == "Running")
        #expect(patch?["status", "message"]?.isNull == true)
        #expect(patch?["status", "hostIP"] == nil)
        #expect(patch?["status", "conditions"] == [["type": "Ready", "status": "True", "reason": nil]])
        #expect(StatusPatch.make(from: new, to: new, uid: "u") == nil)
    }
}
