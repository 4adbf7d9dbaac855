import Admission
import Document
import Schema
import Testing

/// The numbers of a custom resource with a scale subresource.
@Suite struct CustomResourceRulesTests {
    private func kinds(hasScale: Bool) -> Kinds {
        var type = ResourceType(
            group: "example.com", version: "v1", resource: "fleets", kind: "Fleet", singular: "fleet",
            isNamespaced: false, verbs: ["create", "update"],
            subresources: hasScale
                ? [
                    .init(
                        name: "scale", kind: GroupVersionKind(apiVersion: "autoscaling/v1", kind: "Scale"),
                        verbs: ["get"])
                ]
                : [], schema: nil, isCustom: true)
        type.scalePaths.replicas = ["spec", "ships", "count"]
        return Kinds(type)
    }
    private func refusals(_ object: JSON, hasScale: Bool = true) -> [String] {
        causes { () throws(APIError) in
            var kinds = kinds(hasScale: hasScale)
            try kinds.create(object)
        }
    }

    @Test(
        arguments: [
            (JSON.int(3), nil), (.int(2_147_483_647), nil),
            (.int(-1), "Invalid value: -1: should be a non-negative integer"),
            (.int(2_147_483_648), "Invalid value: 2147483648: should be less than or equal to 2147483647"),
            (
                .string("many"),
                "Invalid value: 0: .spec.ships.count accessor error: many is of the type string, expected int64"
            ),
            (
                .double(1.5),
                "Invalid value: 0: .spec.ships.count accessor error: 1.5 is of the type float64, expected int64"
            ),
            (.null, "Invalid value: 0: .spec.ships.count accessor error: <nil> is of the type <nil>, expected int64"),
            (
                ["b": 1, "a": [true]],
                "Invalid value: 0: .spec.ships.count accessor error: map[a:[true] b:1] is of the type map[string]interface {}, expected int64"
            ),
        ] as [(JSON, String?)])
    func aCountHas32Bits(_ count: JSON, _ problem: String?) {
        let object: JSON = ["metadata": ["name": "f"], "spec": ["ships": ["count": count]]]
        #expect(refusals(object) == (problem.map { [".spec.ships.count: " + $0] } ?? []))
        #expect(refusals(object, hasScale: false) == [])
    }

    @Test func theStatusIsLookedAtToo() throws {
        let object: JSON = ["metadata": ["name": "f"], "spec": [:], "status": ["replicas": -2]]
        #expect(refusals(object) == [".status.replicas: Invalid value: -2: should be a non-negative integer"])
        #expect(
            refusals(["metadata": ["name": "f"], "spec": "none"]) == [
                ".spec.ships.count: Invalid value: 0: .spec.ships.count accessor error: none is of the type string, expected map[string]interface {}"
            ])
        var kinds = kinds(hasScale: true)
        let old = try kinds.create(["metadata": ["name": "f"], "spec": ["ships": ["count": 1]]])
        #expect(
            causes { () throws(APIError) in try kinds.update(old, "status") { $0["spec", "ships", "count"] = -1 } }
                == [])
        #expect(
            causes { () throws(APIError) in try kinds.update(old) { $0["spec", "ships", "count"] = -1 } } == [
                ".spec.ships.count: Invalid value: -1: should be a non-negative integer"
            ])
    }
}
