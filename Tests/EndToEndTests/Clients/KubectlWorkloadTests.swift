import Foundation
import TestSupport
import Testing

/// kubectl working with what runs: rollouts, scaling, set, run, expose, nodes, debugging, certificates.
@Suite(.enabled(if: Tools.kubectl != nil, "there is no kubectl: tools/bootstrap --test installs one"))
struct KubectlWorkloadTests {
    @Test func rolloutsBackAndForth() throws {
        let kubectl = try Kubectl("rollouts")
        try kubectl("apply", "-f", "-", input: Kubectl.deployment("web"))
        #expect(
            try kubectl("rollout", "status", "deployment/web", "--timeout=60s").hasSuffix("successfully rolled out"))
        try kubectl("set", "image", "deployment/web", "main=reckon.dev/busybox:2")
        try kubectl("annotate", "deployment/web", "kubernetes.io/change-cause=second")
        try kubectl("rollout", "status", "deployment/web", "--timeout=60s")
        let history = try kubectl("rollout", "history", "deployment/web")
        #expect(history.contains("1         <none>") && history.contains("2         second"))
        #expect(try kubectl("rollout", "history", "deployment/web", "--revision=1").contains("reckon.dev/busybox:1"))
        let image = "jsonpath={.spec.template.spec.containers[0].image}"
        #expect(try kubectl("rollout", "undo", "deployment/web") == "deployment.apps/web rolled back")
        #expect(try kubectl("get", "deployment", "web", "-o", image) == "reckon.dev/busybox:1")
        try kubectl("rollout", "pause", "deployment/web")
        try kubectl("set", "image", "deployment/web", "main=reckon.dev/busybox:3")
        #expect(try kubectl.refused("rollout", "pause", "deployment/web").contains("already paused"))
        #expect(
            try kubectl("get", "pods", "-o", "jsonpath={.items[*].spec.containers[0].image}").contains(":3") == false)
        try kubectl("rollout", "resume", "deployment/web")
        try kubectl("rollout", "status", "deployment/web", "--timeout=60s")
        try kubectl("rollout", "restart", "deployment/web")
        try kubectl("rollout", "status", "deployment/web", "--timeout=60s")
        let stamp = #"jsonpath={.spec.template.metadata.annotations.kubectl\.kubernetes\.io/restartedAt}"#
        #expect(try !kubectl("get", "deployment", "web", "-o", stamp).isEmpty)
        try kubectl("delete", "deployment", "web")
    }

    /// The other two kinds with a history: ControllerRevisions instead of ReplicaSets.
    @Test(arguments: ["StatefulSet", "DaemonSet"]) func rolloutsByRevisions(_ kind: String) throws {
        let kubectl = try Kubectl("rollouts-" + kind.lowercased())
        let extra = kind == "StatefulSet" ? "replicas: 2, serviceName: db, " : ""
        try kubectl(
            "apply", "-f", "-",
            input: """
                {apiVersion: apps/v1, kind: \(kind), metadata: {name: db}, spec: {\(extra)selector: {matchLabels: {app: db}},
                template: {metadata: {labels: {app: db}}, spec: {containers: [{name: main, image: "reckon.dev/busybox:1"}]}}}}
                """)
        let what = kind.lowercased() + "/db"
        try kubectl("rollout", "status", what, "--timeout=60s")
        try kubectl("set", "image", what, "main=reckon.dev/busybox:2")
        try kubectl("rollout", "status", what, "--timeout=60s")
        func revisions() throws -> [Substring] {
            try kubectl("rollout", "history", what).split(whereSeparator: \.isWhitespace).filter { Int($0) != nil }
        }
        #expect(try revisions() == ["1", "2"])
        #expect(try kubectl("rollout", "history", what, "--revision=2").contains("reckon.dev/busybox:2"))
        try kubectl("rollout", "undo", what, "--to-revision=1")
        try kubectl("rollout", "status", what, "--timeout=60s")
        let images = try kubectl("get", "pods", "-o", "jsonpath={.items[*].spec.containers[0].image}")
        #expect(Set(images.split(separator: " ")) == ["reckon.dev/busybox:1"])
        #expect(try revisions() == ["2", "3"])
        try kubectl("rollout", "restart", what)
        try kubectl("rollout", "status", what, "--timeout=60s")
        try kubectl("delete", what)
    }

    @Test func setAndScale() throws {
        let kubectl = try Kubectl("sets")
        try kubectl("apply", "-f", "-", input: Kubectl.deployment("web", replicas: 1))
        try kubectl("set", "env", "deployment/web", "A=1", "B=2")
        #expect(try kubectl("set", "env", "deployment/web", "--list").contains("A=1"))
        try kubectl("set", "env", "deployment/web", "A-")
        #expect(try !kubectl("set", "env", "deployment/web", "--list").contains("A=1"))
        try kubectl("set", "resources", "deployment/web", "--limits=cpu=200m", "--requests=cpu=100m")
        let cpu = "jsonpath={.spec.template.spec.containers[0].resources.requests.cpu}"
        #expect(try kubectl("get", "deployment", "web", "-o", cpu) == "100m")
        try kubectl("create", "serviceaccount", "other")
        try kubectl("set", "serviceaccount", "deployment/web", "other")
        #expect(
            try kubectl("get", "deployment", "web", "-o", "jsonpath={.spec.template.spec.serviceAccountName}")
                == "other")
        #expect(try kubectl("scale", "deployment/web", "--current-replicas=1", "--replicas=3").hasSuffix("scaled"))
        #expect(
            try kubectl.refused("scale", "deployment/web", "--current-replicas=1", "--replicas=2").contains(
                "Expected replicas to be 1, was 3"))
        try kubectl("autoscale", "deployment/web", "--min=2", "--max=5", "--cpu=80%")
        #expect(try kubectl("get", "hpa", "web", "-o", "jsonpath={.spec.minReplicas} {.spec.maxReplicas}") == "2 5")
        try kubectl("wait", "--for=condition=AbleToScale", "hpa/web", "--timeout=60s")
        try kubectl("create", "service", "clusterip", "s", "--tcp=80")
        try kubectl("set", "selector", "service/s", "app=web")
        #expect(try kubectl("get", "service", "s", "-o", "jsonpath={.spec.selector.app}") == "web")
        try kubectl("create", "rolebinding", "rb", "--clusterrole=view", "--user=a")
        try kubectl("set", "subject", "rolebinding/rb", "--user=b")
        #expect(try kubectl("get", "rolebinding", "rb", "-o", "jsonpath={.subjects[*].name}").contains("b"))
        try kubectl("delete", "deployment", "web")
    }

    @Test func runAndExpose() throws {
        let kubectl = try Kubectl("runs")
        try kubectl("run", "one", "--image=reckon.dev/busybox:1", "--labels=app=one", "--port=80", "--expose")
        try kubectl("wait", "--for=condition=Ready", "pod/one", "--timeout=60s")
        #expect(
            try kubectl("get", "service", "one", "-o", "jsonpath={.spec.ports[0].port} {.spec.selector.app}")
                == "80 one")
        try kubectl(
            "wait", "--for=jsonpath={.endpoints[0].conditions.ready}=true", "endpointslice", "-l",
            "kubernetes.io/service-name=one", "--timeout=60s")
        try kubectl("expose", "pod", "one", "--name=again", "--port=8080", "--target-port=80", "--type=NodePort")
        #expect(try kubectl("get", "service", "again", "-o", "jsonpath={.spec.type}") == "NodePort")
        let dry = try kubectl(
            "run", "two", "--image=b:1", "--dry-run=server", "-o", "jsonpath={.spec.serviceAccountName}")
        #expect(dry == "default")
        #expect(try kubectl.refused("get", "pod", "two").contains("not found"))
        let debug = try kubectl(
            "debug", "pod/one", "--image=reckon.dev/busybox:1", "--container=look", "--attach=false", "--", "true")
        _ = debug
        #expect(try kubectl("get", "pod", "one", "-o", "jsonpath={.spec.ephemeralContainers[0].name}") == "look")
        try kubectl("delete", "pod", "one", "--grace-period=1")
    }

    @Test func nodesAreCordonedDrainedAndTainted() throws {
        let kubectl = try Kubectl("drains")
        try kubectl("apply", "-f", "-", input: Kubectl.deployment("web", replicas: 3))
        try kubectl("rollout", "status", "deployment/web", "--timeout=60s")
        try kubectl("cordon", "node-3")
        #expect(try kubectl("get", "node", "node-3").contains("SchedulingDisabled"))
        let drained = try kubectl(
            "drain", "node-3", "--ignore-daemonsets", "--delete-emptydir-data", "--force", "--timeout=60s",
            "--pod-selector=app=web")
        #expect(drained.hasSuffix("node/node-3 drained"))
        #expect(
            try kubectl("get", "pods", "-l", "app=web", "--field-selector=spec.nodeName=node-3", "-o", "name").isEmpty)
        try kubectl("uncordon", "node-3")
        try kubectl("taint", "node", "node-3", "test=x:PreferNoSchedule")
        #expect(try kubectl("get", "node", "node-3", "-o", "jsonpath={.spec.taints[0].key}") == "test")
        try kubectl("taint", "node", "node-3", "test-")
        #expect(try kubectl("get", "node", "node-3", "-o", "jsonpath={.spec.taints}").isEmpty)
        try kubectl("delete", "deployment", "web")
    }

    /// A drain waits for a budget: it says what holds it up, and goes on when the budget allows.
    @Test func aBudgetHoldsUpADrain() throws {
        let kubectl = try Kubectl("budgets")
        try kubectl("apply", "-f", "-", input: Kubectl.deployment("web", replicas: 2))
        try kubectl("rollout", "status", "deployment/web", "--timeout=60s")
        try kubectl("create", "pdb", "web", "--selector=app=web", "--min-available=2")
        try kubectl("wait", "--for=jsonpath={.status.currentHealthy}=2", "pdb/web", "--timeout=30s")
        #expect(try kubectl("get", "pdb", "web").contains("2               N/A               0 "))
        let pod = try kubectl("get", "pods", "-l", "app=web", "-o", "jsonpath={.items[0].metadata.name}")
        let node = try kubectl("get", "pod", pod, "-o", "jsonpath={.spec.nodeName}")
        defer { _ = try? kubectl.run(["uncordon", node]) }
        let drain = [
            "drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--force", "--pod-selector=app=web,!other",
        ]
        let held = try kubectl.run(drain + ["--timeout=2s"])
        #expect(
            held.status == 1 && held.errors.contains("Cannot evict pod as it would violate the pod's disruption budget")
        )
        #expect(try kubectl("get", "pod", pod, "-o", "jsonpath={.status.phase}") == "Running")
        try kubectl("patch", "pdb", "web", "--type=merge", "-p", #"{"spec":{"minAvailable":1}}"#)
        let drained = try kubectl.run(drain + ["--timeout=60s"])
        #expect(drained.status == 0 && drained.output.contains("drained"), "\(drained.errors)")
        #expect(try kubectl.refused("get", "pod", pod).contains("NotFound"))
        try kubectl("delete", "deployment", "web")
    }

    @Test func certificatesAreApprovedAndSigned() throws {
        let kubectl = try Kubectl("certificates")
        guard let openssl = try? Tools.run(["openssl", "version"]), openssl.status == 0 else {
            print("skipped certificatesAreApprovedAndSigned: there is no openssl (tools/bootstrap --test installs one)")
            return
        }
        let made = try Tools.run(
            [
                "openssl", "req", "-new", "-newkey", "ed25519", "-nodes", "-keyout", "key.pem", "-subj",
                "/CN=carol/O=devs",
            ],
            directory: kubectl.folder)
        let request = Data(made.output.utf8).base64EncodedString()
        try kubectl(
            "create", "-f", "-",
            input: """
                apiVersion: certificates.k8s.io/v1
                kind: CertificateSigningRequest
                metadata: {name: carol}
                spec: {request: \(request), signerName: kubernetes.io/kube-apiserver-client, usages: [client auth]}
                """)
        #expect(try kubectl("get", "csr", "carol").contains("Pending"))
        try kubectl("certificate", "approve", "carol")
        try kubectl("wait", "--for=jsonpath={.status.certificate}", "csr/carol", "--timeout=30s")
        #expect(try kubectl("get", "csr", "carol").contains("Approved,Issued"))
        try kubectl("delete", "csr", "carol")
    }
}
