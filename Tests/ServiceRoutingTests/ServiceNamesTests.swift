import Document
import ServiceRouting
import Testing

@Suite struct ServiceNamesTests {
    static func names() -> ServiceNames {
        var names = ServiceNames()
        names.setService(service("web", "10.96.0.7"))
        names.setService(service("db", "None"))
        names.setService([
            "metadata": ["namespace": "shop", "name": "out"],
            "spec": ["type": "ExternalName", "externalName": "Example.org"],
        ])
        var db = slice("db", ["10.244.0.5", "10.244.0.6"], port: 5432)
        db["endpoints"] = [["addresses": ["10.244.0.5"], "hostname": "db-0"], ["addresses": ["10.244.0.6"]]]
        names.setSlice(db)
        return names
    }

    @Test(arguments: [
        ("web.shop.svc.cluster.local", 1, ServiceNames.Answer.records([.a([10, 96, 0, 7])])),
        // The name is there, without an IPv6 address.
        ("web.shop.svc.cluster.local", 28, .records([])),
        ("nobody.shop.svc.cluster.local", 1, .noSuchName),
        ("db.shop.svc.cluster.local", 1, .records([.a([10, 244, 0, 5]), .a([10, 244, 0, 6])])),
        ("db-0.db.shop.svc.cluster.local", 1, .records([.a([10, 244, 0, 5])])),
        ("10-244-0-6.db.shop.svc.cluster.local", 1, .records([.a([10, 244, 0, 6])])),
        ("_p._tcp.web.shop.svc.cluster.local", 33, .records([.srv(port: 80, target: "web.shop.svc.cluster.local")])),
        (
            "_p._tcp.db.shop.svc.cluster.local", 33,
            .records([
                .srv(port: 5432, target: "db-0.db.shop.svc.cluster.local"),
                .srv(port: 5432, target: "10-244-0-6.db.shop.svc.cluster.local"),
            ])
        ),
        ("out.shop.svc.cluster.local", 1, .records([.cname("example.org")])),
        ("10-1-2-3.shop.pod.cluster.local", 1, .records([.a([10, 1, 2, 3])])),
        ("7.0.96.10.in-addr.arpa", 12, .records([.ptr("web.shop.svc.cluster.local")])),
        ("dns-version.cluster.local", 16, .records([.txt("1.1.0")])),
        ("shop.svc.cluster.local", 1, .records([])), ("svc.cluster.local", 1, .records([])),
        ("x.cluster.local", 1, .noSuchName),
        ("example.org", 1, .notOurs), ("notcluster.local", 1, .notOurs),
    ])
    func answers(_ name: String, _ type: Int, _ answer: ServiceNames.Answer) {
        #expect(Self.names().answer(name, type: UInt16(type)) == answer)
    }

    @Test func removedNamesAreGone() {
        var names = Self.names()
        names.removeService(namespace: "shop", name: "web")
        names.removeSlice(namespace: "shop", name: "db-1")
        #expect(names.answer("web.shop.svc.cluster.local", type: 1) == .noSuchName)
        #expect(names.answer("db.shop.svc.cluster.local", type: 1) == .noSuchName)
        #expect(names.answer("7.0.96.10.in-addr.arpa", type: 12) == .notOurs)
    }

    static let query: [UInt8] =
        [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 3] + Array("Web".utf8) + [4] + Array("shop".utf8) + [3]
        + Array("svc".utf8) + [7]
        + Array("cluster".utf8) + [5] + Array("local".utf8) + [0, 0, 1, 0, 1]

    @Test func messagesAreReadAndWritten() throws {
        let question = try #require(DNSQuestion(Self.query))
        #expect(question.name == "web.shop.svc.cluster.local")
        #expect(question.type == 1)
        let reply = question.reply(.records([.a([10, 96, 0, 7])]), zone: "cluster.local")
        #expect(Array(reply[..<12]) == [0x12, 0x34, 0x85, 0x80, 0, 1, 0, 1, 0, 0, 0, 0])
        #expect(Array(reply[12..<Self.query.count]) == Array(Self.query[12...]))
        #expect(Array(reply.suffix(16)) == [0xC0, 0x0C, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 10, 96, 0, 7])
        let absent = question.reply(.noSuchName, zone: "cluster.local")
        #expect(absent[3] == 0x83 && absent[9] == 1)
        let many = question.reply(.records((0..<100).map { .a([10, 0, 0, $0]) }), zone: "cluster.local", sizeMax: 512)
        #expect(many.count <= 512 && many[2] & 2 == 2)
    }

    /// Cut short or bent anywhere, a query is read or refused, never more.
    @Test func brokenMessagesAreRefused() {
        for length in 0..<Self.query.count { #expect(DNSQuestion(Array(Self.query[..<length])) == nil) }
        for place in Self.query.indices {
            for value: UInt8 in [0, 1, 63, 64, 0xC0, 0xFF] {
                var bent = Self.query
                bent[place] = value
                _ = DNSQuestion(bent)?.reply(.noSuchName, zone: "cluster.local")
            }
        }
    }
}
