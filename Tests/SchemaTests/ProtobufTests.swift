import Document
import Schema
import Testing

@Suite struct ProtobufTests {
    func type(_ kind: String, _ apiVersion: String) throws -> TypeSchema {
        try #require(Catalog.builtin.type(for: GroupVersionKind(apiVersion: apiVersion, kind: kind)))
    }

    static let documents: [String] = [
        #"""
        {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","labels":{"a":"1","b":""},"creationTimestamp":"2026-01-02T03:04:05Z",
         "ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"r","uid":"u","controller":true}]},
         "spec":{"containers":[{"name":"a","image":"x","ports":[{"containerPort":80,"protocol":"TCP"}],
          "resources":{"limits":{"cpu":"500m","memory":"1Gi"}},
          "livenessProbe":{"httpGet":{"path":"/","port":"web"},"periodSeconds":3},"readinessProbe":{"tcpSocket":{"port":8080}}}],
          "volumes":[{"name":"v","configMap":{"name":"c","items":[{"key":"k","path":"p","mode":420}]}},{"name":"e","emptyDir":{}}],
          "terminationGracePeriodSeconds":0,"tolerations":[{"key":"k","operator":"Exists","tolerationSeconds":-1}]},
         "status":{"phase":"Running","conditions":[{"type":"Ready","status":"True","lastProbeTime":null,"lastTransitionTime":"2026-01-02T03:04:05Z"}]}}
        """#,
        #"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"},"data":{"k":"cm9vdA==","empty":""},"type":"Opaque"}"#,
        #"{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"l"},"spec":{"renewTime":"2026-01-02T03:04:05.678901Z"}}"#,
        #"""
        {"apiVersion":"apps/v1","kind":"ControllerRevision","metadata":{"name":"r"},"data":{"x":[1,{"y":null}]},"revision":3}
        """#,
        #"""
        {"apiVersion":"admissionregistration.k8s.io/v1","kind":"ValidatingWebhookConfiguration","metadata":{"name":"w"},
         "webhooks":[{"name":"a.b.c","clientConfig":{"service":{"namespace":"n","name":"s","port":443}},"sideEffects":"None",
          "admissionReviewVersions":["v1"],"rules":[{"operations":["CREATE"],"apiGroups":["x"],"apiVersions":["v1"],"resources":["y"],"scope":"*"}]}]}
        """#,
        #"""
        {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"w"},
         "spec":{"group":"x","names":{"plural":"ws","kind":"W"},"scope":"Namespaced","versions":[{"name":"v1","served":true,"storage":true,
          "schema":{"openAPIV3Schema":{"type":"object","properties":{"a":{"type":"array","items":{"type":"integer","minimum":1.5}},
           "m":{"type":"object","additionalProperties":{"type":"string"},"default":{"k":"v"}},"n":{"additionalProperties":true},
           "f":{"x-kubernetes-preserve-unknown-fields":true}}}}}]}}
        """#,
    ]

    @Test(arguments: documents)
    func roundTrip(_ text: String) throws {
        var document = try JSON(parsing: text)
        let type = try type(document["kind"]?.string ?? "", document["apiVersion"]?.string ?? "")
        try Conforming.conform(&document, to: type)
        Conforming.settle(&document, to: type)
        let envelope = try ProtobufCodec.openEnvelope(ProtobufCodec.encodeEnvelope(document, type))
        #expect(envelope.kind == document["kind"]?.string && envelope.apiVersion == document["apiVersion"]?.string)
        var read = try ProtobufCodec.decode(envelope.raw, type)
        read["kind"] = document["kind"]
        read["apiVersion"] = document["apiVersion"]
        try Conforming.conform(&read, to: type)
        Conforming.settle(&read, to: type)
        #expect(read.text == document.text)
    }

    /// Bytes as Go's client sends them: a namespace `a`, with every non-pointer member of its structs.
    @Test func readsGo() throws {
        let bytes: [UInt8] = [
            0x6B, 0x38, 0x73, 0x00, 0x0A, 0x0F, 0x0A, 0x02, 0x76, 0x31, 0x12, 0x09, 0x4E, 0x61, 0x6D, 0x65, 0x73, 0x70,
            0x61, 0x63, 0x65,
            0x12, 0x1B, 0x0A, 0x13, 0x0A, 0x01, 0x61, 0x12, 0x00, 0x1A, 0x00, 0x22, 0x00, 0x2A, 0x00, 0x32, 0x00, 0x38,
            0x00, 0x42, 0x00,
            0x4A, 0x00, 0x12, 0x00, 0x1A, 0x02, 0x0A, 0x00, 0x1A, 0x00, 0x22, 0x00,
        ]
        let envelope = try ProtobufCodec.openEnvelope(bytes)
        #expect(envelope.kind == "Namespace" && envelope.apiVersion == "v1")
        var namespace = try ProtobufCodec.decode(envelope.raw, type("Namespace", "v1"))
        try Conforming.conform(&namespace, to: type("Namespace", "v1"))
        #expect(namespace.text == #"{"metadata":{"name":"a"},"spec":{},"status":{}}"#)
    }

    @Test func refusesWhatIsNoMessage() throws {
        let pod = try type("Pod", "v1")
        for bytes in [[0x0A, 0x05, 0x01], [0x0A], [0xFF, 0xFF, 0xFF], [0x08, 0x01]] as [[UInt8]] {
            #expect(throws: APIError.self) { try ProtobufCodec.decode(bytes, pod) }
        }
        #expect(throws: APIError.self) { try ProtobufCodec.openEnvelope([1, 2, 3]) }
    }
}
