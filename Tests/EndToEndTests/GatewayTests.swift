import Document
import Foundation
import HTTPEdge
import NIOCore
import NIOHTTP1
import NIOPosix
import TestSupport
import Testing

/// The server as clients and load balancers see it: compression, caching, limits, health, metrics, odd requests.
@Suite(.serialized) struct GatewayTests {
    private func raw(_ server: ReckonProcess, _ arguments: String...) throws -> (head: String, body: Data) {
        let place = server.directory.appendingPathComponent("answer-\(UUID().uuidString.prefix(8))")
        defer { try? FileManager.default.removeItem(at: place) }
        let answer = try Tools.run(
            [
                "/usr/bin/env", "curl", "-sk", "--path-as-is", "-H", "Authorization: Bearer admintoken", "-D", "-",
                "-o", place.path,
            ] + arguments)
        return (answer.output, (try? Data(contentsOf: place)) ?? Data())
    }

    @Test func answersAsAServerOfItsKindDoes() async throws {
        let server = try ReckonProcess(["apiserver"])
        defer { server.remove() }
        let maps = server.url + "/api/v1/namespaces/default/configmaps"
        let filler = String(repeating: "0123456789abcdef", count: 40_000)
        let made = try await server.send(
            "POST", "/api/v1/namespaces/default/configmaps",
            ["metadata": ["name": "big"], "data": ["x": .string(filler)]])
        #expect(made.status == 201)
        for number in 0..<600 {
            _ = try await server.send(
                "POST", "/api/v1/namespaces/default/secrets",
                [
                    "metadata": ["name": .string("s\(number)")],
                    "stringData": ["x": .string(String(filler.prefix(512)))],
                ])
        }

        // gzip: above 128 KiB, when it is accepted, a whole answer as well as a streamed one.
        let plain = try raw(server, maps + "/big")
        #expect(!plain.head.lowercased().contains("content-encoding"))
        let then = try await server.send("GET", "/reckon/v1/status").body["revision"]?.int ?? 0
        _ = try await server.send("DELETE", "/api/v1/namespaces/default/secrets/s7")
        let secrets = "/api/v1/namespaces/default/secrets"
        for path in [maps + "/big", server.url + secrets, server.url + "/at/\(then)" + secrets] {
            let zipped = try raw(server, "-H", "Accept-Encoding: gzip", path)
            #expect(zipped.head.lowercased().contains("content-encoding: gzip"))
            #expect(zipped.head.lowercased().contains("vary: accept-encoding"))
            let whole = try raw(server, path)
            #expect(zipped.body.count * 4 < whole.body.count)
            let unzipped = try raw(server, "--compressed", path)
            #expect(unzipped.body == whole.body)
        }
        let small = try raw(server, "-H", "Accept-Encoding: gzip", server.url + "/api/v1/namespaces/default")
        #expect(!small.head.lowercased().contains("content-encoding"))

        // Limits.
        let huge = server.directory.appendingPathComponent("huge.json")
        try ("{\"metadata\":{\"name\":\"h\"},\"data\":{\"x\":\"" + String(repeating: "x", count: 3_200_000) + "\"}}")
            .write(to: huge, atomically: true, encoding: .utf8)
        let refused = try raw(server, "-H", "Content-Type: application/json", "--data-binary", "@" + huge.path, maps)
        #expect(refused.head.contains(" 413"))
        #expect(String(decoding: refused.body, as: UTF8.self).contains("Request entity too large: limit is 3145728"))
        let bad = try await server.send("GET", "/api/v1/namespaces?timeout=soon")
        #expect(bad.status == 400)
        #expect(
            bad.body["message"]?.string
                == "invalid timeout specified in the request URL - time: invalid duration \"soon\"")
        #expect(try await server.send("GET", "/api/v1/namespaces?timeout=10s").status == 200)
        let table = try raw(
            server, "-H", "Accept: application/json;as=Table;v=v1;g=meta.k8s.io",
            server.url + "/api/v1/namespaces?includeObject=Everything")
        #expect(table.head.contains(" 400"))
        #expect(
            String(decoding: table.body, as: UTF8.self).contains(
                "must be 'Metadata', 'Object', 'None', or empty"))

        // Odd requests.
        #expect(try raw(server, server.url + "//api/v1/pods").head.contains(" 404"))
        #expect(try raw(server, server.url + "/api/v1//pods").head.contains(" 404"))
        #expect(try raw(server, server.url + "/api/v1/namespaces/%zz").head.contains(" 400"))
        #expect(try raw(server, server.url + "/api/v1/namespaces/default/").head.contains(" 200"))
        #expect(try raw(server, "--http1.1", "-H", "Host:", server.url + "/livez").head.contains("400 Bad Request"))
        #expect(
            try raw(server, "--http1.1", "-H", "Expect: the unexpected", server.url + "/livez").head.contains(" 417"))
        #expect(try raw(server, server.url + "/logs/").head.contains(" 404"))
        #expect(try raw(server, "-I", maps + "/big").head.contains(" 405"))
        let head = try raw(server, "-I", server.url + "/livez")
        #expect(head.head.contains(" 200") && head.head.lowercased().contains("content-length: 2"))

        // Health, each check by its name.
        let ready = try await server.send("GET", "/readyz?verbose&exclude=ping&exclude=nope")
        let text = ready.body.string ?? ""
        #expect(text.contains("[+]ping excluded: ok\n") && text.contains("[+]log ok\n"))
        #expect(text.contains("warn: some health checks cannot be excluded: no matches for \"nope\"\n"))
        #expect(text.hasSuffix("readyz check passed\n"))
        #expect(try await server.send("GET", "/livez/etcd").body.string == "ok")

        // Documents that may be kept.
        let index = try await server.send("GET", "/openapi/v3")
        let place = index.body["paths", "api/v1", "serverRelativeURL"]?.string ?? ""
        let kept = try await server.send("GET", place)
        func header(_ answer: (status: Int, body: JSON, headers: [(name: String, value: String)]), _ name: String)
            -> String
        {
            answer.headers.first { $0.name.lowercased() == name }?.value ?? ""
        }
        #expect(header(kept, "cache-control") == "public, immutable")
        #expect(header(kept, "expires").hasSuffix(" GMT") && !header(kept, "etag").isEmpty)
        let again = try await server.send("GET", place, headers: [("If-None-Match", header(kept, "etag"))])
        #expect(again.status == 304)
        let moved = try raw(server, server.url + "/openapi/v3/api/v1?hash=OLD")
        #expect(moved.head.contains(" 301") && moved.head.contains(place))
        let keys = try await server.send("GET", "/openid/v1/jwks")
        #expect(header(keys, "cache-control") == "public, max-age=3600")
        let issuer = try await server.send("GET", "/.well-known/openid-configuration")
        for field in ["issuer", "jwks_uri", "response_types_supported", "subject_types_supported"] {
            #expect(issuer.body[field] != nil, "RFC 8414 and OpenID Connect Discovery ask for \(field)")
        }
        #expect(
            keys.body["keys"]?.elements.allSatisfy { $0["kty"] != nil && $0["kid"] != nil && $0["alg"] != nil } == true)
    }

    @Test func metricsCanBeParsed() async throws {
        let server = try ReckonProcess(["apiserver"])
        defer { server.remove() }
        for _ in 0..<5 { _ = try await server.send("GET", "/api/v1/namespaces/default") }
        _ = try await server.send(
            "POST", "/api/v1/namespaces/default/configmaps?dryRun=All", ["metadata": ["name": "x"]])
        _ = try await server.send("GET", "/api/v1/namespaces/default/pods")
        let client = HTTPClient(group: MultiThreadedEventLoopGroup.singleton, tls: .init(trustsAnyone: true))
        let watch = client.stream(
            .init(
                .GET, server.url + "/api/v1/configmaps?watch=1&resourceVersion=0",
                headers: [("Authorization", "Bearer admintoken")]), Quiet())
        defer {
            watch.cancel()
            client.shutdown()
        }
        #expect(
            try await server.eventually(5) {
                (try await server.send("GET", "/metrics").body.string ?? "").contains("apiserver_longrunning_requests{")
            })
        let text = try await server.send("GET", "/metrics").body.string ?? ""
        let page = try MetricsText(text)
        func value(_ name: String, _ labels: [String: String]) -> Double? {
            page.samples.first { sample in
                sample.name == name && labels.allSatisfy { sample.labels[$0.key] == $0.value }
            }?.value
        }
        #expect(
            value(
                "apiserver_request_total",
                ["verb": "GET", "resource": "namespaces", "scope": "resource", "code": "200", "version": "v1"]) == 5)
        #expect(
            value(
                "apiserver_request_total", ["verb": "POST", "resource": "configmaps", "dry_run": "All", "code": "201"])
                == 1)
        #expect(value("apiserver_request_total", ["verb": "LIST", "resource": "pods", "scope": "namespace"]) == 1)
        #expect(
            value("apiserver_request_duration_seconds_count", ["verb": "GET", "resource": "namespaces"]) == 5)
        #expect(value("apiserver_longrunning_requests", ["verb": "WATCH", "resource": "configmaps"]) == 1)
        #expect(value("apiserver_watch_events_total", ["resource": "configmaps"]) ?? 0 > 0)
        #expect(value("apiserver_storage_objects", ["resource": "namespaces"]) == 4)
        #expect(value("apiserver_flowcontrol_nominal_limit_seats", ["priority_level": "global-default"]) ?? 0 > 0)
        #expect(
            value(
                "apiserver_flowcontrol_dispatched_requests_total",
                ["flow_schema": "exempt", "priority_level": "exempt"])
                ?? 0 > 5)
        #expect(value("reckon_log_revision", [:]) ?? 0 > 100)
        #expect(value("reckon_log_bytes", [:]) ?? 0 > 0)
        #expect(value("reckon_log_commit_duration_seconds_count", [:]) ?? 0 > 0)
        #expect(value("process_resident_memory_bytes", [:]) ?? 0 > 1_000_000)
        #expect(value("process_open_fds", [:]) ?? 0 > 3)
    }
}

/// Throws an answer away.
private final class Quiet: HTTPAnswerReceiver {
    func head(_ status: Int, _ headers: EdgeHeaders) {}
    func piece(_ bytes: ByteBuffer) {}
    func end(_ error: (any Error)?) {}
}

/// Prometheus' text form, read strictly: what is not allowed is an error.
private struct MetricsText {
    struct Sample {
        let name: String
        let labels: [String: String]
        let value: Double
    }
    struct Malformed: Error, CustomStringConvertible {
        let description: String
    }
    var samples: [Sample] = []

    init(_ text: String) throws {
        guard text.hasSuffix("\n") else { throw Malformed(description: "the last line has no end") }
        var types: [String: String] = [:]
        var seen: Set<String> = []
        for line in text.split(separator: "\n") {
            if line.hasPrefix("# TYPE ") {
                let words = line.split(separator: " ")
                guard words.count == 4, types.updateValue(String(words[3]), forKey: String(words[2])) == nil else {
                    throw Malformed(description: "a family twice, or a bad type: \(line)")
                }
                continue
            }
            if line.hasPrefix("#") { continue }
            let sample = try Self.sample(line)
            let family =
                ["_bucket", "_sum", "_count"].lazy.compactMap { suffix -> String? in
                    guard sample.name.hasSuffix(suffix) else { return nil }
                    let base = String(sample.name.dropLast(suffix.count))
                    return types[base] == "histogram" ? base : nil
                }.first ?? sample.name
            guard types[family] != nil else { throw Malformed(description: "no type for \(sample.name)") }
            let key = sample.name + sample.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value);" }.joined()
            guard seen.insert(key).inserted else { throw Malformed(description: "a series twice: \(line)") }
            samples.append(sample)
        }
        // Buckets rise, and the last one is the count.
        for count in samples where count.name.hasSuffix("_count") {
            let base = String(count.name.dropLast(6))
            let buckets = samples.filter { sample in
                sample.name == base + "_bucket" && count.labels.allSatisfy { sample.labels[$0.key] == $0.value }
            }
            guard zip(buckets, buckets.dropFirst()).allSatisfy({ $0.value <= $1.value }),
                buckets.last.map({ $0.labels["le"] == "+Inf" && $0.value == count.value }) ?? true
            else { throw Malformed(description: "the buckets of \(base) do not add up") }
        }
    }

    private static func sample(_ line: Substring) throws -> Sample {
        var rest = line
        let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == ":" }
        guard !name.isEmpty, !(name.first?.isNumber ?? true) else { throw Malformed(description: "no name: \(line)") }
        rest = rest.dropFirst(name.count)
        var labels: [String: String] = [:]
        if rest.first == "{" {
            rest = rest.dropFirst()
            while rest.first != "}" {
                let label = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
                rest = rest.dropFirst(label.count)
                guard !label.isEmpty, rest.hasPrefix("=\"") else {
                    throw Malformed(description: "a bad label: \(line)")
                }
                rest = rest.dropFirst(2)
                var value = ""
                while let c = rest.first, c != "\"" {
                    if c == "\\" { rest = rest.dropFirst() }
                    value.append(rest.first ?? " ")
                    rest = rest.dropFirst()
                }
                rest = rest.dropFirst()
                guard labels.updateValue(value, forKey: String(label)) == nil else {
                    throw Malformed(description: "a label twice: \(line)")
                }
                if rest.first == "," { rest = rest.dropFirst() }
            }
            rest = rest.dropFirst()
        }
        guard rest.first == " ", let value = Double(rest.dropFirst()) else {
            throw Malformed(description: "no value: \(line)")
        }
        return Sample(name: String(name), labels: labels, value: value)
    }
}
