import Document
import Schema
import Testing

@Suite struct ConformingTests {
    func type(_ kind: String, _ apiVersion: String = "v1") throws -> TypeSchema {
        try #require(Catalog.builtin.type(for: GroupVersionKind(apiVersion: apiVersion, kind: kind)))
    }

    @Test func writesWhatUpstreamWrites() throws {
        var pod = try JSON(
            parsing: #"""
                {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","labels":{},"creationTimestamp":"2026-01-02T05:04:05+02:00"},
                 "spec":{"hostNetwork":false,"terminationGracePeriodSeconds":0,"nodeName":null,
                 "containers":[{"name":"a","resources":{"limits":{"cpu":"1000m","memory":1024}},"env":[]}]}}
                """#)
        let unknown = try Conforming.conform(&pod, to: type("Pod"))
        #expect(unknown.isEmpty)
        #expect(
            pod.text
                == #"{"apiVersion":"v1","kind":"Pod","metadata":{"creationTimestamp":"2026-01-02T03:04:05Z","name":"p"},"#
                + #""spec":{"containers":[{"name":"a","resources":{"limits":{"cpu":"1","memory":"1024"}}}],"#
                + #""terminationGracePeriodSeconds":0},"status":{}}"#)
    }

    @Test func namesUnknownMembers() throws {
        var pod = try JSON(
            parsing:
                #"{"spec":{"bogus":1,"containers":[{"name":"a","x":{}},{"name":"b","ports":[{"containerPort":1,"y":2}]}]}}"#
        )
        let unknown = try Conforming.conform(&pod, to: type("Pod"))
        #expect(unknown == ["spec.bogus", "spec.containers[0].x", "spec.containers[1].ports[0].y"])
        #expect(pod["spec", "bogus"] == nil && pod["spec", "containers"]?[0]?["x"] == nil)
    }

    @Test(arguments: [
        (
            #"{"spec":{"replicas":"x"}}"#,
            "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32"
        ),
        (
            #"{"spec":{"replicas":1.5}}"#,
            "json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32"
        ),
        (
            #"{"metadata":{"labels":"x"}}"#,
            "json: cannot unmarshal string into Go struct field ObjectMeta.metadata.labels of type map[string]string"
        ),
    ])
    func refusesWrongTypes(_ pair: (String, String)) throws {
        var document = try JSON(parsing: pair.0)
        let deployment = try type("Deployment", "apps/v1")
        let refused = #expect(throws: APIError.self) { try Conforming.conform(&document, to: deployment) }
        #expect(refused?.code == 400 && refused?.message == pair.1)
    }

    @Test func refusesBadBase64AndQuantities() throws {
        var secret: JSON = ["data": ["k": "!!"]]
        let secretType = try type("Secret")
        #expect(throws: APIError.badRequest("illegal base64 data at input byte 0")) {
            try Conforming.conform(&secret, to: secretType)
        }
        var claim: JSON = ["spec": ["resources": ["requests": ["storage": "lots"]]]]
        let claimType = try type("PersistentVolumeClaim")
        #expect(throws: APIError.badRequest(Quantity.formatMessage)) { try Conforming.conform(&claim, to: claimType) }
    }

    @Test func eventsAreOneObjectUnderTwoNames() throws {
        var event: JSON = [
            "apiVersion": "v1", "kind": "Event", "metadata": ["name": "e"], "involvedObject": ["kind": "Pod"],
            "message": "hi",
            "count": 2,
        ]
        try Conforming.conform(&event, to: type("Event"))
        let core = event
        Conversion.convert(&event, to: "events.k8s.io/v1")
        #expect(event["regarding", "kind"] == "Pod" && event["note"] == "hi" && event["deprecatedCount"] == 2)
        #expect(event["deprecatedSource"] == [:] && event["message"] == nil)
        Conversion.convert(&event, to: "v1")
        #expect(event == core)
    }

    @Test func autoscalersKeepEverythingInV1() throws {
        var scaler: JSON = [
            "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": ["name": "h"],
            "spec": [
                "maxReplicas": 5, "scaleTargetRef": ["kind": "Deployment", "name": "w"],
                "metrics": [
                    [
                        "type": "Resource",
                        "resource": ["name": "memory", "target": ["type": "AverageValue", "averageValue": "1Gi"]],
                    ],
                    [
                        "type": "Resource",
                        "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": 60]],
                    ],
                ],
            ],
        ]
        try Conforming.conform(&scaler, to: type("HorizontalPodAutoscaler", "autoscaling/v2"))
        Conversion.convert(&scaler, to: "autoscaling/v1")
        #expect(scaler["spec", "targetCPUUtilizationPercentage"] == 60 && scaler["spec", "metrics"] == nil)
        Conversion.convert(&scaler, to: "autoscaling/v2")
        #expect(scaler["spec", "metrics"]?.elements.count == 2)
        #expect(scaler["spec", "metrics"]?[1]?["resource", "target", "averageValue"] == "1Gi")
    }
}
