import Document
import Patching
import Schema
import Testing

@Suite struct OwnershipTests {
    static let configMap = Catalog.builtin.resource(apiVersion: "v1", "configmaps")!.schema!
    static let pod = Catalog.builtin.resource(apiVersion: "v1", "pods")!.schema!
    let start = Timestamp(seconds: 1_767_323_045)

    func made(_ data: JSON, by manager: String) -> JSON {
        var object: JSON = [
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "c", "uid": "u"], "data": data,
        ]
        record(.null, &object, manager, start)
        return object
    }
    func record(_ old: JSON, _ new: inout JSON, _ manager: String, _ time: Timestamp, subresource: String = "") {
        ManagedFields.recordUpdate(
            old: old, new: &new, manager: manager, apiVersion: "v1", time: time, subresource: subresource,
            schema: Self.configMap)
    }
    func owned(_ object: JSON, _ manager: String) -> String? {
        object["metadata", "managedFields"]?.elements.first { $0["manager"]?.string == manager }?["fieldsV1"]?.text
    }
    func applied(_ live: JSON?, _ configuration: JSON, _ manager: String, force: Bool = false) throws(APIError) -> JSON
    {
        try ServerSideApply.apply(
            live: live, configuration: configuration, manager: manager, isForced: force, apiVersion: "v1",
            subresource: "", time: start,
            schema: Self.configMap)
    }
    func configuration(_ data: JSON) -> JSON {
        ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "c"], "data": data]
    }

    @Test func ownershipMovesWithChange() {
        let first = made(["a": "1", "b": "1"], by: "one")
        #expect(owned(first, "one") == #"{"f:data":{".":{},"f:a":{},"f:b":{}}}"#)
        var second = first
        second["data", "b"] = "2"
        record(first, &second, "two", start.adding(seconds: 5))
        #expect(owned(second, "one") == #"{"f:data":{".":{},"f:a":{}}}"#)
        #expect(owned(second, "two") == #"{"f:data":{"f:b":{}}}"#)
        var third = second
        third["data", "b"] = nil
        record(second, &third, "one", start.adding(seconds: 9))
        #expect(owned(third, "two") == nil)
    }

    @Test func nothingChangesWithoutAChange() {
        let first = made(["a": "1"], by: "one")
        var same = first
        record(first, &same, "two", start.adding(seconds: 60))
        #expect(same == first)
    }

    @Test func givenUp() {
        let first = made(["a": "1"], by: "one")
        var second = first
        second["metadata", "managedFields"] = [[:]]
        record(first, &second, "one", start)
        #expect(second["metadata", "managedFields"] == nil)
    }

    @Test func olderUpdatesBecomeOne() {
        var object = made(["k0": "1"], by: "m0")
        for i in 1...12 {
            let before = object
            object["data", "k\(i)"] = "1"
            record(before, &object, "m\(i)", start.adding(seconds: Int64(i)))
        }
        let entries = object["metadata", "managedFields"]?.elements ?? []
        #expect(entries.count == ManagedFields.updateManagersMax)
        #expect(owned(object, "ancient-changes")?.contains("f:k1") == true)
    }

    @Test func elementsAreNamedByTheirKeys() {
        var pod: JSON = [
            "apiVersion": "v1", "kind": "Pod",
            "spec": ["containers": [["name": "a", "image": "x", "ports": [["containerPort": 80]]]]],
        ]
        ManagedFields.recordUpdate(
            old: .null, new: &pod, manager: "m", apiVersion: "v1", time: start, subresource: "", schema: Self.pod)
        #expect(
            owned(pod, "m")
                == #"{"f:spec":{"f:containers":{"k:{\"name\":\"a\"}":{".":{},"f:image":{},"f:name":{},"f:ports":{".":{},"#
                + #""k:{\"containerPort\":80,\"protocol\":\"TCP\"}":{".":{},"f:containerPort":{}}}}}}}"#)
    }

    @Test func applyOwnsAndPrunes() throws {
        var live = try applied(nil, configuration(["a": "1", "b": "1"]), "one")
        #expect(owned(live, "one") == #"{"f:data":{"f:a":{},"f:b":{}}}"#)
        live = try applied(live, configuration(["b": "1"]), "two")
        live = try applied(live, configuration(["c": "1"]), "one")
        #expect(live["data"] == ["b": "1", "c": "1"])
        live = try applied(live, configuration([:]), "two")
        #expect(live["data"] == ["c": "1"])
    }

    @Test func conflictsNameTheOwner() throws {
        let live = made(["a": "1"], by: "one")
        let refused = #expect(throws: APIError.self) { try applied(live, configuration(["a": "2"]), "two") }
        #expect(refused?.code == 409)
        #expect(refused?.message == #"Apply failed with 1 conflict: conflict with "one" using v1: .data.a"#)
        #expect(
            refused?.causes == [
                .init(reason: "FieldManagerConflict", message: #"conflict with "one" using v1"#, field: ".data.a")
            ])
        let forced = try applied(live, configuration(["a": "2"]), "two", force: true)
        #expect(forced["data", "a"] == "2" && owned(forced, "one") == #"{"f:data":{}}"#)
    }

    @Test func unknownFieldsAreRefused() {
        let refused = #expect(throws: APIError.self) {
            try applied(nil, ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "c"], "bogus": true], "m")
        }
        #expect(
            refused?.message
                == "failed to create typed patch object (/c; /v1, Kind=ConfigMap): .bogus: field not declared in schema"
        )
    }

    private static let wrongTypes: [(member: String, value: JSON, problem: String)] = [
        ("replicas", "x", ".spec.replicas: expected numeric (int or float), got string"),
        ("replicas", ["a": 1], ".spec.replicas: expected numeric (int or float), got map[string]interface {}"),
        ("paused", [1, "b"], ".spec.paused: expected boolean, got &{[1 b]}"),
        ("template", [1, "b"], ".spec.template: expected map, got &{[1 b]}"),
        (
            "template", ["spec": ["containers": [["name": "c", "args": [true]]]]],
            #".spec.template.spec.containers[name="c"].args[0]: expected string, got &value.valueUnstructured{Value:true}"#
        ),
        (
            "template", ["metadata": ["labels": ["a": ["b": [1, nil, "c"]]]]],
            #".spec.template.metadata.labels.a: expected string, got &value.valueUnstructured{Value:map[string]interface {}{"b":[]interface {}{1, interface {}(nil), "c"}}}"#
        ),
        (
            "selector", ["matchLabels": ["a": 1], "zz": 1],
            "errors:\n  .spec.selector.matchLabels.a: expected string, got &value.valueUnstructured{Value:1}\n  .spec.selector.zz: field not declared in schema"
        ),
    ]

    /// The place is named also inside of what is owned whole.
    @Test(arguments: wrongTypes) func wrongTypesAreNamed(_ member: String, _ value: JSON, _ problem: String) throws {
        let schema = try #require(Catalog.builtin.resource(apiVersion: "apps/v1", "deployments")?.schema)
        let configuration: JSON = [
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "d", "namespace": "x"],
            "spec": .object([member: value]),
        ]
        let refused = #expect(throws: APIError.self) {
            try ServerSideApply.apply(
                live: nil, configuration: configuration, manager: "m", isForced: false, apiVersion: "apps/v1",
                subresource: "", time: start, schema: schema)
        }
        #expect(
            refused?.message == "failed to create typed patch object (x/d; apps/v1, Kind=Deployment): " + problem)
    }

    @Test func nobodyOwnsARequestForACertificate() throws {
        let type = try #require(
            Catalog.builtin.resource(apiVersion: "certificates.k8s.io/v1", "certificatesigningrequests"))
        let made = try ServerSideApply.apply(
            live: nil,
            configuration: [
                "apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest",
                "metadata": ["name": "r", "labels": ["a": "b"]], "spec": ["request": "AA==", "signerName": "a.io/b"],
            ], manager: "m", isForced: false, apiVersion: "certificates.k8s.io/v1", subresource: "", time: start,
            schema: try #require(type.schema))
        #expect(owned(made, "m") == #"{"f:metadata":{"f:labels":{"f:a":{}}}}"#)
        #expect(made["spec", "signerName"] == "a.io/b")
    }
}
