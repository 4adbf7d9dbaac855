import Document
import Foundation
import TestSupport
import Testing

/// Our own recorded conversations: requests and the answers they must have, under `fixtures/conversations`.
@Suite(.serialized) struct ConversationTests {
    @Test func everyConversationAgrees() async throws {
        let folder = Tools.root.appendingPathComponent("fixtures/conversations")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".json") }
            .sorted()
        #expect(!files.isEmpty)
        let server = try ReckonProcess(["apiserver"])
        defer { server.remove() }
        for file in files {
            let data = try Data(contentsOf: folder.appendingPathComponent(file))
            let conversation = try JSON(parsing: Array(data))
            for (number, step) in (conversation["steps"]?.elements ?? []).enumerated() {
                var answer = try await send(step, to: server)
                // What the server publishes a moment later is asked for again.
                let deadline = Date().addingTimeInterval(step["retries"] == true ? 10 : 0)
                while answer.status != Int(step["status"]?.int ?? 0), Date() < deadline {
                    try await Task.sleep(nanoseconds: 50_000_000)
                    answer = try await send(step, to: server)
                }
                #expect(
                    answer.status == Int(step["status"]?.int ?? 0),
                    "\(file) step \(number): \(answer.body.text.prefix(300))")
                let differences = Self.differences(step["answer"] ?? .null, answer.body, "")
                #expect(differences.isEmpty, "\(file) step \(number): \(differences.joined(separator: "; "))")
                if answer.status == 201, step["path"]?.string?.hasSuffix("/customresourcedefinitions") == true {
                    // A definition is served a moment after it was made: clients wait for that.
                    let path = (step["path"]?.string ?? "") + "/" + (answer.body["metadata", "name"]?.string ?? "")
                    _ = try await server.eventually {
                        let conditions = try await server.send("GET", path).body["status", "conditions"]?.elements ?? []
                        return conditions.contains { $0["type"] == "Established" && $0["status"] == "True" }
                    }
                }
            }
        }
    }

    private func send(_ step: JSON, to server: ReckonProcess) async throws -> (
        status: Int, body: JSON, headers: [(name: String, value: String)]
    ) {
        try await server.send(
            step["method"]?.string ?? "GET", step["path"]?.string ?? "/", step["body"],
            token: step["token"]?.string ?? "admintoken", text: step["text"]?.string,
            contentType: step["contentType"]?.string ?? "application/json")
    }

    /// Every member that the recording names must be there and equal; `"*"` stands for any value, `null` for none.
    static func differences(_ want: JSON, _ got: JSON?, _ path: String) -> [String] {
        switch want {
        case .string("*"): return got == nil ? ["\(path) is missing"] : []
        case .null: return path.isEmpty || got == nil || got == .null ? [] : ["\(path) should be absent"]
        case .object(let members):
            return members.flatMap { differences($0.value, got?[$0.key], path.isEmpty ? $0.key : path + "." + $0.key) }
        case .array(let elements):
            guard case .array(let found)? = got, found.count == elements.count else {
                return ["\(path): another number of elements"]
            }
            return zip(elements, found).enumerated().flatMap { differences($1.0, $1.1, "\(path)[\($0)]") }
        default: return want == got ? [] : ["\(path): want \(want.text), got \(got?.text ?? "nothing")"]
        }
    }
}
