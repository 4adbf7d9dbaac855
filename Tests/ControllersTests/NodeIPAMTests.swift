import Addresses
import Controllers
import Document
import Records
import Testing

@Suite struct NodeIPAMTests {
    private func node(_ name: String, _ range: String? = nil) -> JSON {
        var node: JSON = ["apiVersion": "v1", "kind": "Node", "metadata": ["name": .string(name)], "spec": [:]]
        if let range { node["spec"] = ["podCIDR": .string(range), "podCIDRs": [.string(range)]] }
        return node
    }
    private func controller(_ range: String, _ length: Int) throws -> NodeIPAMController {
        let range = try #require(AddressRange(range))
        return try #require(NodeIPAMController(range: range, prefixLength: length))
    }

    @Test func eachNodeGetsTheNextRangeThatNobodyHolds() throws {
        var run = Simulation([try controller("10.244.0.0/16", 24)]) {
            // One came with a range of its own, another with one that spans two.
            _ = $0.create(node("own", "10.244.1.0/24"), "nodes")
            _ = $0.create(node("wide", "10.244.2.0/23"), "nodes")
            _ = $0.create(node("elsewhere", "192.168.0.0/24"), "nodes")
            _ = $0.create(node("a"), "nodes")
            _ = $0.create(node("b"), "nodes")
        }
        run.settle()
        func range(_ name: String) -> JSON? { run.cluster.get("nodes", "", name)?["spec", "podCIDR"] }
        #expect(range("a") == "10.244.0.0/24")
        #expect(range("b") == "10.244.4.0/24")
        #expect(run.cluster.get("nodes", "", "b")?["spec", "podCIDRs"] == ["10.244.4.0/24"])
        #expect(range("own") == "10.244.1.0/24")
        #expect(run.settle() == 0)
    }

    @Test func aRangeComesBackWithItsNode() throws {
        var run = Simulation([try controller("10.0.0.0/24", 25)]) {
            for name in ["a", "b", "c"] { _ = $0.create(node(name), "nodes") }
        }
        run.settle()
        func holders() -> [String: String] {
            var out: [String: String] = [:]
            for node in run.cluster.list("nodes") {
                if let range = node["spec", "podCIDR"]?.string { out[range] = node["metadata", "name"]?.string }
            }
            return out
        }
        #expect(holders() == ["10.0.0.0/25": "a", "10.0.0.128/25": "b"])
        #expect(run.cluster.list("events").first?["reason"] == "CIDRNotAvailable")
        let first = try #require(run.cluster.get("nodes", "", "a"))
        _ = run.cluster.put(first, "nodes", kind: .deleted)
        run.settle(passing: 2000)
        run.settle()
        #expect(holders() == ["10.0.0.0/25": "c", "10.0.0.128/25": "b"])
    }

    @Test func impossibleRangesAreNone() throws {
        let range = try #require(AddressRange("10.0.0.0/24"))
        #expect(NodeIPAMController(range: range, prefixLength: 16) == nil)
        let wide = try #require(AddressRange("fd00::/48"))
        #expect(NodeIPAMController(range: wide, prefixLength: 64) == nil)
    }
}
