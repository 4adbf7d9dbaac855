import Admission
import Document
import Schema
import Testing

/// Rules that hold for a field or two.
@Suite struct SmallRulesTests {
    private func refusals(_ apiVersion: String, _ resource: String, _ body: JSON) -> [String] {
        causes { () throws(APIError) in
            var kinds = Kinds(apiVersion, resource)
            try kinds.create(body)
        }
    }

    @Test(arguments: [
        ("nginx", "Always"), ("nginx:1", "IfNotPresent"), ("registry:5000/a/b", "Always"), ("a/b:latest", "Always"),
        ("-x", "IfNotPresent"), ("/abs", "IfNotPresent"), ("..", "IfNotPresent"), ("a__b", "Always"),
        ("a___b", "IfNotPresent"),
        (String(repeating: "a", count: 64), "IfNotPresent"),
        ("a@sha256:" + String(repeating: "0", count: 64), "IfNotPresent"),
    ])
    func imagesThatAreNoReferencesAreNotPulledAgain(_ image: String, _ policy: String) throws {
        var kinds = Kinds("v1", "pods")
        let made = try kinds.create(pod { $0["spec", "containers"] = [["name": "c", "image": .string(image)]] })
        #expect(made["spec", "containers"]?.elements[0]["imagePullPolicy"]?.string == policy)
    }

    @Test func setsForgetHowManyPodsMayBeMissing() throws {
        var kinds = Kinds("apps/v1", "statefulsets")
        let body: JSON = [
            "metadata": ["name": "s"],
            "spec": [
                "selector": ["matchLabels": ["a": "b"]], "serviceName": "s",
                "updateStrategy": ["type": "RollingUpdate", "rollingUpdate": ["maxUnavailable": 2]],
                "template": [
                    "metadata": ["labels": ["a": "b"]], "spec": ["containers": [["name": "c", "image": "i"]]],
                ],
            ],
        ]
        let made = try kinds.create(body)
        #expect(made["spec", "updateStrategy", "rollingUpdate"] == ["partition": 0])
        var wrong = body
        wrong["spec", "serviceName"] = "Not a label"
        #expect(refusals("apps/v1", "statefulsets", wrong).first?.hasPrefix("spec.serviceName: Invalid value") ?? false)
    }

    @Test func aJobSharesTheLabelsOfItsTemplate() throws {
        var kinds = Kinds("batch/v1", "jobs")
        var job: JSON = [
            "metadata": ["name": "j", "uid": "u"],
            "spec": [
                "template": [
                    "metadata": ["labels": ["a": "b"]],
                    "spec": ["restartPolicy": "Never", "containers": [["name": "c", "image": "i"]]],
                ]
            ],
        ]
        let made = try kinds.create(job)
        #expect(made["metadata", "labels", "batch.kubernetes.io/job-name"] == "j")
        #expect(made["metadata", "labels"] == made["spec", "template", "metadata", "labels"])

        job["metadata", "labels"] = ["a": "b"]
        let labelled = try kinds.create(job)
        #expect(labelled["metadata", "labels"] == ["a": "b"])
        #expect(labelled["spec", "template", "metadata", "labels", "batch.kubernetes.io/job-name"] == "j")
    }

    @Test(arguments: [
        ("/", ""), ("/a.b/c", ""), ("//", "segment[0] may not be empty"), ("/a//b", "segment[1] may not be empty"),
        ("a", "must start with a '/'"),
    ])
    func pathsOfWebhooksAreOfNames(_ path: String, _ said: String) {
        let found = refusals(
            "admissionregistration.k8s.io/v1", "validatingwebhookconfigurations",
            [
                "metadata": ["name": "w"],
                "webhooks": [
                    [
                        "name": "a.b.c", "admissionReviewVersions": ["v1"], "sideEffects": "None",
                        "clientConfig": ["service": ["name": "s", "namespace": "n", "path": .string(path)]],
                    ]
                ],
            ])
        if said.isEmpty {
            #expect(found.isEmpty)
        } else {
            #expect(found.first == "webhooks[0].clientConfig.service.path: Invalid value: \"\(path)\": \(said)")
        }
    }

    @Test(arguments: [
        ("v1", "ConfigMap", [String]()),
        ("a/b/c", "K", [".apiVersion: Invalid value: \"a/b/c\": unexpected GroupVersion string: a/b/c"]),
        ("a.b/", "K", [".apiVersion: Invalid value: \"a.b/\": version must be specified"]),
        ("", "", [".apiVersion: Required value", ".kind: Required value"]),
    ])
    func aPoliciesParametersAreOfAKind(_ version: String, _ kind: String, _ said: [String]) {
        let found = refusals(
            "admissionregistration.k8s.io/v1", "validatingadmissionpolicies",
            [
                "metadata": ["name": "p"],
                "spec": [
                    "paramKind": ["apiVersion": .string(version), "kind": .string(kind)],
                    "matchConstraints": [
                        "resourceRules": [
                            ["apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"], "resources": ["pods"]]
                        ]
                    ],
                    "validations": [["expression": "true"]],
                ],
            ])
        #expect(found == said.map { "spec.paramKind" + $0 })
    }

    @Test(arguments: [
        ("no-slash", "must start with slash"), ("/a b", "must not contain white-space"),
        ("/a//b", "must not contain double slash"),
        ("/a*", "wildcard matching should be used for path segment"), ("/*/a", "wildcard can only do suffix matching"),
        ("/a/*", ""),
    ])
    func flowsOfPathsArePaths(_ url: String, _ said: String) {
        let found = refusals(
            "flowcontrol.apiserver.k8s.io/v1", "flowschemas",
            [
                "metadata": ["name": "f"],
                "spec": [
                    "priorityLevelConfiguration": ["name": "p"],
                    "rules": [
                        [
                            "subjects": [["kind": "User", "user": ["name": "u"]]],
                            "nonResourceRules": [["verbs": ["get"], "nonResourceURLs": [.string(url)]]],
                        ]
                    ],
                ],
            ])
        let at = "spec.rules[0].nonResourceRules[0].nonResourceURLs[0]: Invalid value: \"\(url)\": "
        #expect(found == (said.isEmpty ? [] : [at + said]))
    }

    @Test func handsAreDealtWithinTheBitsOfAHash() {
        let found = refusals(
            "flowcontrol.apiserver.k8s.io/v1", "prioritylevelconfigurations",
            [
                "metadata": ["name": "p"],
                "spec": [
                    "type": "Limited",
                    "limited": [
                        "limitResponse": [
                            "type": "Queue", "queuing": ["queues": 1_000_000, "handSize": 4, "queueLengthLimit": 5],
                        ]
                    ],
                ],
            ])
        #expect(
            found == [
                "spec.limited.limitResponse.queuing.handSize: Invalid value: 4: required entropy bits of deckSize 1000000 and handSize 4 should not be greater than 60"
            ])
    }

    @Test func aVolumesChangeIsShownAsADifference() throws {
        var kinds = Kinds("v1", "persistentvolumes")
        let volume = try kinds.create([
            "metadata": ["name": "v"],
            "spec": [
                "capacity": ["storage": "0.5m"], "accessModes": ["ReadWriteOnce"],
                "nfs": ["server": "s", "path": "/p"],
            ],
        ])
        #expect(volume["spec", "capacity", "storage"] == "1m")
        let found = causes { () throws(APIError) in try kinds.update(volume) { $0["spec", "nfs", "server"] = "t" } }
        #expect(found.contains { $0.contains("-  \"Server\": \"s\",\n+  \"Server\": \"t\",") })
    }

    @Test(
        arguments: [
            (
                ["spec": ["volumes": [["hostPath": ["type": 5]]]]],
                "json: cannot unmarshal number into Go struct field HostPathVolumeSource.spec.volumes.VolumeSource.hostPath.type of type v1.HostPathType"
            ),
            (
                ["spec": ["containers": [["resources": ["limits": "x"]]]]],
                "json: cannot unmarshal string into Go struct field ResourceRequirements.spec.containers.resources.limits of type v1.ResourceList"
            ),
        ] as [(JSON, String)])
    func aWrongTypeIsNamedAsGoNamesIt(_ body: JSON, _ said: String) {
        #expect(throws: APIError.badRequest(said)) {
            var kinds = Kinds("v1", "pods")
            try kinds.create(body)
        }
    }
}
