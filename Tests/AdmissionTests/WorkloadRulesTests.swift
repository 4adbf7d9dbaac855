import Document
import Schema
import Testing

@Suite struct WorkloadRulesTests {
    private func template(_ labels: JSON = ["app": "x"], _ more: JSON = [:]) -> JSON {
        var spec: JSON = ["containers": [["name": "c", "image": "b"]]]
        for (key, value) in more.entries { spec[key] = value }
        return ["metadata": ["labels": labels], "spec": spec]
    }
    private func workload(_ spec: JSON) -> JSON {
        var spec = spec
        if spec["template"] == nil { spec["template"] = template() }
        if spec["selector"] == nil { spec["selector"] = ["matchLabels": ["app": "x"]] }
        return ["metadata": ["name": "w"], "spec": spec]
    }

    @Test func deploymentsRollByDefault() throws {
        var kinds = Kinds("apps/v1", "deployments")
        let made = try kinds.create(workload([:]))
        #expect(made["spec", "replicas"] == 1)
        #expect(
            made["spec", "strategy"] == [
                "type": "RollingUpdate", "rollingUpdate": ["maxSurge": "25%", "maxUnavailable": "25%"],
            ])
        #expect(made["spec", "progressDeadlineSeconds"] == 600)
    }

    @Test func aDeploymentCannotStandStill() {
        let found = causes { () throws(APIError) in
            var kinds = Kinds("apps/v1", "deployments")
            try kinds.create(workload(["strategy": ["rollingUpdate": ["maxSurge": 0, "maxUnavailable": 0]]]))
        }
        #expect(
            found == ["spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0"]
        )
    }

    @Test(arguments: ["deployments", "replicasets", "statefulsets", "daemonsets"])
    func theSelectorMatchesTheTemplate(_ resource: String) {
        let found = causes { () throws(APIError) in
            var kinds = Kinds("apps/v1", resource)
            try kinds.create(workload(["template": template(["app": "y"]), "serviceName": "s"]))
        }
        #expect(
            found == [
                #"spec.template.metadata.labels: Invalid value: {"app":"y"}: `selector` does not match template `labels`"#
            ])
    }

    @Test(arguments: ["deployments", "replicasets", "daemonsets"])
    func theSelectorStays(_ resource: String) throws {
        var kinds = Kinds("apps/v1", resource)
        let made = try kinds.create(workload(["template": template(["app": "x", "tier": "y"])]))
        let found = causes { () throws(APIError) in
            try kinds.update(made) { $0["spec", "selector"] = ["matchLabels": ["tier": "y"]] }
        }
        #expect(found.count == 1)
        #expect(found.first?.hasSuffix("field is immutable") == true)
    }

    @Test func onlySomeOfAStatefulSetChanges() throws {
        var kinds = Kinds("apps/v1", "statefulsets")
        let made = try kinds.create(workload(["serviceName": "s"]))
        #expect(causes { () throws(APIError) in try kinds.update(made) { $0["spec", "replicas"] = 3 } }.isEmpty)
        let found = causes { () throws(APIError) in try kinds.update(made) { $0["spec", "serviceName"] = "t" } }
        #expect(
            found.first?.hasPrefix("spec: Forbidden: updates to statefulset spec for fields other than 'replicas'")
                == true)
    }

    @Test func aJobSelectsByItsUID() throws {
        var kinds = Kinds("batch/v1", "jobs")
        let made = try kinds.create([
            "metadata": ["name": "j", "uid": "6f1c0000-0000-4000-8000-000000000001"],
            "spec": ["template": template([:], ["restartPolicy": "Never"])],
        ])
        let uid: JSON = "6f1c0000-0000-4000-8000-000000000001"
        #expect(made["spec", "selector"] == ["matchLabels": ["batch.kubernetes.io/controller-uid": uid]])
        #expect(made["spec", "template", "metadata", "labels", "batch.kubernetes.io/job-name"] == "j")
        #expect(made["spec", "completions"] == 1)
        let found = causes { () throws(APIError) in try kinds.update(made) { $0["spec", "completions"] = 5 } }
        #expect(found.first?.hasPrefix("spec.completions: Invalid value: 5: field is immutable") == true)
    }

    @Test func jobsEnd() {
        let found = causes { () throws(APIError) in
            var kinds = Kinds("batch/v1", "jobs")
            try kinds.create(["metadata": ["name": "j", "uid": "6f1c"], "spec": ["template": template([:])]])
        }
        #expect(found == [#"spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never""#])
    }

    @Test(arguments: [
        ("* * * * *", true), ("*/5 0-6 1,15 JAN-mar Mon", true), ("@hourly", true), ("@every 1h30m", true),
        ("0 0 ? * *", true),
        ("61 * * * *", false), ("* * * *", false), ("* * * * * *", false), ("5-1 * * * *", false),
        ("*/0 * * * *", false),
        ("@often", false), ("@every soon", false), ("a * * * *", false), ("TZ=UTC * * * * *", false),
    ]) func schedulesOfCronJobs(_ schedule: String, _ isGood: Bool) {
        let found = causes { () throws(APIError) in
            var kinds = Kinds("batch/v1", "cronjobs")
            try kinds.create([
                "metadata": ["name": "j"],
                "spec": [
                    "schedule": .string(schedule),
                    "jobTemplate": ["spec": ["template": template([:], ["restartPolicy": "Never"])]],
                ],
            ])
        }
        #expect(found.isEmpty == isGood, "\(schedule): \(found)")
    }
}
