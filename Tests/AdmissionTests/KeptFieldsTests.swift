import Document
import Schema
import Testing

@Suite struct KeptFieldsTests {
    @Test func immutableConfigMapsAndSecretsStay() throws {
        for resource in ["configmaps", "secrets"] {
            var kinds = Kinds("v1", resource)
            let made = try kinds.create(["metadata": ["name": "a"], "immutable": true, "data": ["k": "dg=="]])
            #expect(
                causes { () throws(APIError) in try kinds.update(made) { $0["data", "k"] = "dw==" } }
                    == ["data: Forbidden: field is immutable when `immutable` is set"])
            #expect(
                causes { () throws(APIError) in try kinds.update(made) { $0["metadata", "labels", "a"] = "b" } }.isEmpty
            )
        }
    }

    @Test func plainTextOfASecretBecomesData() throws {
        var kinds = Kinds("v1", "secrets")
        let made = try kinds.create(["metadata": ["name": "a"], "stringData": ["k": "hello", "empty": ""]])
        #expect(made["data"] == ["k": "aGVsbG8=", "empty": ""])
        #expect(made["stringData"] == nil)
        #expect(made["type"] == "Opaque")
    }

    @Test func aBoundClaimOnlyGrows() throws {
        var kinds = Kinds("v1", "persistentvolumeclaims")
        var made = try kinds.create([
            "metadata": ["name": "a"],
            "spec": [
                "accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1Gi"]],
                "storageClassName": "s",
            ],
        ])
        #expect(made["status"] == ["phase": "Pending"])
        made["status"] = ["phase": "Bound", "capacity": ["storage": "1Gi"]]
        made["spec", "volumeName"] = "pv"
        func refused(_ size: JSON) -> [String] {
            causes { () throws(APIError) in
                try kinds.update(made) { $0["spec", "resources", "requests", "storage"] = size }
            }
        }
        #expect(refused("2Gi").isEmpty)
        #expect(refused("1024Mi").isEmpty)
        #expect(refused("512Mi").contains { $0.hasSuffix("field can not be less than status.capacity") })
    }

    @Test func budgetsHaveOneBound() {
        let found = causes { () throws(APIError) in
            var kinds = Kinds("policy/v1", "poddisruptionbudgets")
            try kinds.create(["metadata": ["name": "a"], "spec": ["minAvailable": 1, "maxUnavailable": "10%"]])
        }
        #expect(found.count == 1)
        #expect(found.first?.hasSuffix("minAvailable and maxUnavailable cannot be both set") == true)
    }

    @Test func autoscalersOfTheOldVersionAreOfTheNew() throws {
        var kinds = Kinds("autoscaling/v2", "horizontalpodautoscalers")
        let made = try kinds.create([
            "metadata": ["name": "a"],
            "spec": [
                "scaleTargetRef": ["apiVersion": "apps/v1", "kind": "Deployment", "name": "d"], "maxReplicas": 3,
            ],
        ])
        #expect(made["spec", "minReplicas"] == 1)
        #expect(made["spec", "metrics"]?.elements.first?["resource", "target", "averageUtilization"] == 80)
    }

    @Test func eventsOfTheNewerGroupAreHeldToMore() {
        let event: JSON = [
            "metadata": ["name": "e"], "involvedObject": ["kind": "Pod", "namespace": "ns", "name": "p"],
        ]
        #expect(
            causes { () throws(APIError) in
                var kinds = Kinds("v1", "events")
                try kinds.create(event)
            }.isEmpty)
    }
}

@Suite struct FormDifferenceTests {
    @Test func whatMayNotChangeIsShownAsADifference() throws {
        var kinds = Kinds("v1", "persistentvolumeclaims")
        let made = try kinds.create([
            "metadata": ["name": "a"],
            "spec": ["accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1Gi"]]],
        ])
        let found = causes { () throws(APIError) in
            try kinds.update(made) { $0["spec", "accessModes"] = ["ReadWriteMany"] }
        }
        let difference = """
            @@ -1,6 +1,6 @@
             {
              "AccessModes": [
            -  "ReadWriteOnce"
            +  "ReadWriteMany"
              ],
              "Selector": null,
              "Resources": {

            """
        #expect(found.first?.hasSuffix("for bound claims\n" + difference) == true)
    }
}

@Suite struct SecretWarningsTests {
    @Test(arguments: [
        ("", "", ["tls: failed to find any PEM data in certificate input"]),
        (
            "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1BPT0KLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo=", "",
            ["tls: failed to find any PEM data in key input"]
        ),
    ]) func certificatesAndKeysArePEM(_ certificate: String, _ key: String, _ expected: [String]) throws {
        var kinds = Kinds("v1", "secrets")
        let made = try kinds.create([
            "metadata": ["name": "a"], "type": "kubernetes.io/tls",
            "data": ["tls.crt": .string(certificate), "tls.key": .string(key)],
        ])
        #expect(kinds.rules.warnings(made, old: nil) == expected)
    }
}
