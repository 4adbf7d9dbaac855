import Admission
import Document
import Testing

@Suite struct MetadataRulesTests {
    private func problems(_ metadata: JSON) -> [String] {
        ObjectMetaRules.validateCreate(metadata, isNamespaced: true, nameRule: .dnsSubdomain).map(\.description)
    }

    @Test func aNameOrAPrefixIsAskedFor() {
        #expect(problems(["namespace": "ns"]) == ["metadata.name: Required value: name or generateName is required"])
        #expect(problems(["namespace": "ns", "name": "a.b-1"]).isEmpty)
    }

    @Test func namesFollowTheirRule() {
        let long = String(repeating: "a", count: 254)
        #expect(
            problems(["namespace": "ns", "name": .string(long)]).first?.hasSuffix("must be no more than 253 characters")
                == true)
        for bad in ["A", "a_b", "-a", "a-", ".a", "a..b", "ä"] {
            #expect(problems(["namespace": "ns", "name": .string(bad)]).count == 1, "\(bad)")
        }
    }

    @Test func annotationsAreLimitedTogether() {
        let half = JSON.string(String(repeating: "x", count: 131_080))
        #expect(problems(["namespace": "ns", "name": "a", "annotations": ["a": half]]).isEmpty)
        #expect(
            problems(["namespace": "ns", "name": "a", "annotations": ["a": half, "b": half]])
                == ["metadata.annotations: Too long: may not be more than 262144 bytes"])
    }

    @Test func onlyOneOwnerControls() {
        func owner(_ name: String) -> JSON {
            [
                "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": .string(name), "uid": .string(name),
                "controller": true,
            ]
        }
        let found = problems(["namespace": "ns", "name": "a", "ownerReferences": [owner("x"), owner("y")]])
        #expect(found.count == 1)
        #expect(found.first?.contains("Only one reference can have Controller set to true") == true)
    }

    @Test func aNewFinalizerDoesNotStopADeletionThatRuns() {
        let old: JSON = [
            "name": "a", "namespace": "ns", "deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["x.io/a"],
            "resourceVersion": "1",
        ]
        var new = old
        new["finalizers"] = ["x.io/a", "x.io/b"]
        let found = ObjectMetaRules.validateUpdate(new, old: old).map(\.description)
        #expect(
            found.contains {
                $0.hasPrefix(
                    "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted")
            })
        new["finalizers"] = []
        #expect(ObjectMetaRules.validateUpdate(new, old: old).isEmpty)
    }
}
