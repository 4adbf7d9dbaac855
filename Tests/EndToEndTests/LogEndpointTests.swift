import Document
import Foundation
import TestSupport
import Testing

/// `/reckon/v1/events`, `timeline` and `inventory`: what the page is drawn from.
@Suite(.serialized) struct LogEndpointTests {
    private static let maps = "/api/v1/namespaces/default/configmaps"

    private func write(_ server: ReckonProcess, _ name: String, _ value: Int) async throws {
        let path = Self.maps + "/" + name
        let body: JSON = ["data": ["value": .string(String(value))]]
        let answer = try await server.send("PATCH", path, body, contentType: "application/merge-patch+json")
        guard answer.status == 404 else { return }
        let object: JSON = ["metadata": ["name": .string(name)], "data": ["value": .string(String(value))]]
        _ = try await server.send("POST", Self.maps, object)
    }

    private func revision(_ server: ReckonProcess) async throws -> Int64 {
        try await server.send("GET", "/reckon/v1/status").body["revision"]?.int ?? 0
    }

    /// Every event once, in either order, whatever the page size.
    @Test func pagesOfEventsAreTheLog() async throws {
        let server = try ReckonProcess(["apiserver"])
        defer { server.remove() }
        for i in 0..<40 { try await write(server, "c\(i % 5)", i) }
        let head = try await revision(server)
        for (order, limit) in [("oldest", 7), ("newest", 7), ("oldest", 1000), ("newest", 13)] {
            var seen: [Int64] = []
            var next = ""
            repeat {
                let page = try await server.send(
                    "GET", "/reckon/v1/events?order=\(order)&limit=\(limit)&until=\(head)&continue=\(next)")
                #expect(page.status == 200)
                seen += (page.body["items"]?.elements ?? []).compactMap { $0["revision"]?.int }
                next = page.body["continue"]?.string ?? ""
            } while !next.isEmpty
            let all = Array(1...head)
            #expect(seen == (order == "newest" ? all.reversed() : all), "\(order) by \(limit)")
        }
        // Of one object: what its versions are, with and without bounds.
        let of = "/reckon/v1/events?resource=cm&name=c3&namespace=default"
        let whole = try await server.send("GET", of + "&limit=1000").body["items"]?.elements ?? []
        #expect(whole.count == 8)
        #expect(whole.allSatisfy { $0["changes"]?.elements.first?["name"] == "c3" })
        let some = try await server.send("GET", of + "&order=newest&limit=2").body
        #expect(
            some["items"]?.elements.compactMap { $0["revision"]?.int }
                == whole.suffix(2).reversed().compactMap { $0["revision"]?.int })
        #expect(try await server.send("GET", "/reckon/v1/events?user=nobody").body["items"]?.elements == [])
        // One event whole, with its field before and after; Secrets stay hidden.
        let last = whole.last?["revision"]?.int ?? 0
        let event = try await server.send("GET", "/reckon/v1/events/\(last)").body
        let field = event["changes"]?.elements.first?["fields"]?.elements.first { $0["path"] == "data.value" }
        #expect(field?["old"] == "33")
        #expect(field?["new"] == "38")
        let secret: JSON = ["metadata": ["name": "s"], "stringData": ["password": "correct horse"]]
        _ = try await server.send("POST", "/api/v1/namespaces/default/secrets", secret)
        let hidden = try await server.send("GET", "/reckon/v1/events/\(try await revision(server))").body.text
        #expect(hidden.contains("data.password"))
        #expect(!hidden.contains("correct horse") && !hidden.contains("Y29ycmVjdCBob3JzZQ"))
        for (path, status) in [
            ("/reckon/v1/events/0", 400), ("/reckon/v1/events/999999", 404), ("/reckon/v1/events?order=up", 400),
            ("/reckon/v1/events?limit=0", 400), ("/reckon/v1/events?since=yesterday", 400),
            ("/reckon/v1/timeline?buckets=0", 400), ("/reckon/v1/timeline?from=-1s&to=-5s", 400),
            ("/reckon/v1/timeline?resource=unheardof", 400),
            ("/reckon/v1/events?order=newest&limit=1&continue=\(UInt64.max)", 200),
            ("/reckon/v1/events?since=-" + String(repeating: "9999999999s", count: 950), 400),
            ("/reckon/v1/inventory?at=999999", 404),
        ] {
            #expect(try await server.send("GET", path).status == status, "\(path)")
        }
    }

    /// The buckets of a timeline hold every event once; refusals stand in them too.
    @Test func aTimelineCountsEverything() async throws {
        let server = try ReckonProcess(["apiserver"])
        defer { server.remove() }
        for i in 0..<30 { try await write(server, "c\(i % 3)", i) }
        for _ in 0..<4 { _ = try await server.send("GET", "/api/v1/secrets", token: "alicetoken") }
        _ = try await server.send("GET", "/api/v1/secrets", token: "no-such-token")
        for i in 0..<10 { try await write(server, "d", i) }
        let head = try await revision(server)
        for buckets in [1, 17, 400] {
            let answer = try await server.send("GET", "/reckon/v1/timeline?buckets=\(buckets)").body
            let list = answer["buckets"]?.elements ?? []
            #expect(list.count == buckets)
            #expect(answer["approximate"] == false)
            #expect(list.reduce(0) { $0 + ($1["writes"]?.int ?? 0) } == head)
            #expect(list.last?["lastRevision"]?.int == head)
            let maps = list.reduce(0) { $0 + ($1["byResource"]?["configmaps"]?.int ?? 0) }
            let events = try await server.send("GET", "/reckon/v1/events?resource=configmaps&limit=1000").body
            #expect(maps == Int64(events["items"]?.elements.count ?? 0))
            #expect(list.reduce(0) { $0 + ($1["denials"]?.int ?? 0) } == 5)
        }
        let narrow = try await server.send("GET", "/reckon/v1/timeline?buckets=3&namespace=default&resource=cm").body
        #expect((narrow["buckets"]?.elements ?? []).reduce(0) { $0 + ($1["writes"]?.int ?? 0) } == 40)
        // How many there were, then and now.
        func count(_ query: String) async throws -> Int64? {
            try await server.send("GET", "/reckon/v1/inventory" + query).body["kinds"]?.elements
                .first { $0["resource"] == "configmaps" }?["count"]?.int
        }
        let now = try await count("?namespace=default")
        _ = try await server.send("DELETE", Self.maps + "/d")
        #expect(try await count("?namespace=default") == (now ?? 0) - 1)
        #expect(try await count("?namespace=default&at=\(head)") == now)
    }
}
