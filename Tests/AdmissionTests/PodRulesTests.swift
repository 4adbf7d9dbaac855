import Document
import Schema
import Testing

@Suite struct PodRulesTests {
    private func refused(_ change: (inout JSON) -> Void) -> [String] {
        causes { () throws(APIError) in
            var kinds = Kinds("v1", "pods")
            try kinds.create(pod(change))
        }
    }

    @Test func defaultsFillThePod() throws {
        var kinds = Kinds("v1", "pods")
        let made = try kinds.create(
            pod {
                $0["spec", "containers"] = [
                    ["name": "c", "image": "registry:5000/busybox", "ports": [["containerPort": 80]]]
                ]
            })
        let spec = made["spec"]
        #expect(spec?["restartPolicy"] == "Always")
        #expect(spec?["dnsPolicy"] == "ClusterFirst")
        #expect(spec?["terminationGracePeriodSeconds"] == 30)
        #expect(spec?["schedulerName"] == "default-scheduler")
        let container = spec?["containers"]?.elements[0]
        // The colon is the registry's port, so there is no tag.
        #expect(container?["imagePullPolicy"] == "Always")
        #expect(container?["ports"]?.elements[0]["protocol"] == "TCP")
        #expect(made["status"] == ["phase": "Pending", "qosClass": "BestEffort"])
    }

    private static let qualities: [(resources: JSON, quality: String)] = [
        ([:], "BestEffort"),
        (["requests": ["cpu": "1"]], "Burstable"),
        (["limits": ["cpu": "1"]], "Burstable"),
        (["limits": ["cpu": "1", "memory": "1Gi"]], "Guaranteed"),
        (["limits": ["cpu": "1", "memory": "1Gi"], "requests": ["cpu": "1000m", "memory": "1Gi"]], "Guaranteed"),
        (["limits": ["cpu": "1", "memory": "1Gi"], "requests": ["cpu": "500m", "memory": "1Gi"]], "Burstable"),
    ]

    @Test(arguments: qualities) func qualityOfServiceFollowsResources(_ resources: JSON, _ quality: String) throws {
        var kinds = Kinds("v1", "pods")
        let made = try kinds.create(
            pod { $0["spec", "containers"] = [["name": "c", "image": "b", "resources": resources]] })
        #expect(made["status", "qosClass"]?.string == quality)
    }

    @Test func requestsStayBelowLimits() {
        let found = refused {
            $0["spec", "containers"] = [
                ["name": "c", "image": "b", "resources": ["requests": ["cpu": "2"], "limits": ["cpu": "1500m"]]]
            ]
        }
        #expect(
            found == [
                #"spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1500m"#
            ])
    }

    @Test func mountsNameVolumes() {
        let found = refused {
            $0["spec", "containers"] = [
                ["name": "c", "image": "b", "volumeMounts": [["name": "v", "mountPath": "/v"]]]
            ]
        }
        #expect(found == [#"spec.containers[0].volumeMounts[0].name: Not found: "v""#])
    }

    @Test func containersOfAPodHaveTheirOwnNames() {
        let found = refused { $0["spec", "initContainers"] = [["name": "c", "image": "b"]] }
        #expect(found.contains { $0.hasPrefix(#"spec.initContainers[0].name: Duplicate value: "c""#) })
    }

    @Test func aProbeHasOneHandler() {
        let found = refused {
            $0["spec", "containers"] = [
                [
                    "name": "c", "image": "b",
                    "livenessProbe": ["exec": ["command": ["true"]], "tcpSocket": ["port": 80]],
                ]
            ]
        }
        #expect(
            found == ["spec.containers[0].livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type"]
        )
    }

    @Test func theImageOfARunningPodMayChangeAndLittleElse() throws {
        var kinds = Kinds("v1", "pods")
        let made = try kinds.create(pod())
        func refused(_ change: (inout JSON) -> Void) -> [String] {
            causes { () throws(APIError) in try kinds.update(made, "", change) }
        }
        #expect(refused { $0["spec", "containers"] = [["name": "c", "image": "busybox:1.37"]] }.isEmpty)
        let found = refused { $0["spec", "hostNetwork"] = true }
        #expect(found.count == 1)
        #expect(
            found.first?.hasPrefix(
                "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`") == true)
    }

    @Test func gatesOfSchedulingOnlyGo() throws {
        var kinds = Kinds("v1", "pods")
        let made = try kinds.create(pod { $0["spec", "schedulingGates"] = [["name": "x.io/a"], ["name": "x.io/b"]] })
        #expect(made["status", "conditions"]?.elements.first?["reason"] == "SchedulingGated")
        #expect(
            causes { () throws(APIError) in
                try kinds.update(made) { $0["spec", "schedulingGates"] = [["name": "x.io/b"]] }
            }.isEmpty)
        let found = causes { () throws(APIError) in
            try kinds.update(made) { $0["spec", "schedulingGates"] = [["name": "x.io/c"]] }
        }
        #expect(found.contains { $0.hasPrefix("spec.schedulingGates") })
    }

    /// A kubelet that reports only the older `podIP` still gives the pod its list of addresses, from which endpoints are made.
    @Test func bothNamesOfTheFirstAddressAgree() throws {
        var kinds = Kinds("v1", "pods")
        let made = try kinds.create(pod())
        let old = try kinds.update(made, "status") { $0["status", "podIP"] = "10.1.2.3" }
        #expect(old["status", "podIPs"] == [["ip": "10.1.2.3"]])
        let new = try kinds.update(made, "status") { $0["status", "podIPs"] = [["ip": "10.1.2.4"], ["ip": "fd00::4"]] }
        #expect(new["status", "podIP"] == "10.1.2.4")
        let moved = try kinds.update(new, "status") { $0["status", "podIP"] = "10.1.2.5" }
        #expect(moved["status", "podIPs"] == [["ip": "10.1.2.5"]])
    }
}
