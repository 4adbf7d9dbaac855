import Foundation
import TestSupport
import Testing

/// kubectl looking at things: output forms, explain, discovery, waiting, events, rights.
@Suite(.enabled(if: Tools.kubectl != nil, "there is no kubectl: tools/bootstrap --test installs one"))
struct KubectlReadingTests {
    @Test func everyOutputForm() throws {
        let kubectl = try Kubectl("forms")
        for (name, size) in [("b", "2"), ("a", "3"), ("c", "1")] {
            try kubectl("create", "configmap", name, "--from-literal=size=" + size)
        }
        try kubectl("delete", "configmap", "kube-root-ca.crt", "--ignore-not-found")
        let mine = ["a", "b", "c"]
        #expect(try kubectl("get", "cm", "a", "-o", "name") == "configmap/a")
        #expect(
            try kubectl("get", "cm", "a", "b", "c", "-o", "name")
                == mine.map { "configmap/" + $0 }.joined(separator: "\n"))
        #expect(try kubectl("get", "cm", "a", "-o", "yaml").contains("\ndata:\n  size: \"3\"\n"))
        #expect(try kubectl("get", "cm", "a", "-o", "json").contains("\"size\": \"3\""))
        #expect(try kubectl("get", "cm", "a", "-o", "kyaml").contains("size: \"3\""))
        #expect(try kubectl("get", "cm", "a", "-o", "go-template={{.data.size}}") == "3")
        #expect(
            try kubectl("get", "cm", "a", "b", "-o", "go-template={{range .items}}{{.metadata.name}} {{end}}") == "a b "
        )
        #expect(try kubectl("get", "cm", "a", "-o", "jsonpath={.metadata.namespace}/{.data['size']}") == "forms/3")
        #expect(
            try kubectl("get", "cm", "a", "b", "-o", "jsonpath={.items[?(@.data.size==\"2\")].metadata.name}") == "b")
        #expect(
            try kubectl(
                "get", "cm", "a", "b", "c", "-o", "custom-columns=N:.metadata.name,S:.data.size", "--sort-by=.data.size"
            )
            .split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") } == [
                "N S", "c 1", "b 2", "a 3",
            ])
        let table = try kubectl("get", "cm", "a", "--show-labels", "-o", "wide")
        #expect(table.hasPrefix("NAME   DATA   AGE   LABELS\na      1 "))
        #expect(try kubectl("get", "cm", "a", "--no-headers").hasPrefix("a "))
        #expect(
            try kubectl("get", "cm", "-A", "--field-selector=metadata.name=a,metadata.namespace=forms", "-o", "name")
                == "configmap/a")
        #expect(try kubectl("get", "cm", "--chunk-size=1", "-o", "name").split(separator: "\n").count >= 3)
        #expect(try kubectl.refused("get", "cm", "none").contains("configmaps \"none\" not found"))
        #expect(try kubectl.refused("get", "nothings").contains("the server doesn't have a resource type \"nothings\""))
    }

    @Test func tablesOfWorkloads() async throws {
        let kubectl = try Kubectl("tables")
        try kubectl("apply", "-f", "-", input: Kubectl.deployment("web", replicas: 2))
        try kubectl("rollout", "status", "deployment/web", "--timeout=60s")
        #expect(try kubectl("get", "deployment", "web").contains("web    2/2     2            2"))
        let pods = try kubectl("get", "pods", "-o", "wide")
        #expect(pods.hasPrefix("NAME") && pods.contains("NODE") && pods.contains("1/1     Running"))
        let described = try kubectl("describe", "deployment", "web")
        #expect(described.contains("2 desired | 2 updated | 2 total | 2 available | 0 unavailable"))
        #expect(described.contains("ScalingReplicaSet"))
        let assigned = try await SharedCluster.process.eventually {
            try kubectl.run(["events"]).output.contains("Successfully assigned tables/web-")
        }
        #expect(assigned, "the scheduler tells what it did")
        #expect(try kubectl("describe", "nodes").contains("node-1"))
        #expect(try kubectl("events", "--for", "deployment/web").contains("Scaled up replica set"))
        #expect(
            try kubectl("get", "events", "--field-selector=reason=ScalingReplicaSet", "-o", "name").hasPrefix(
                "event/web."))
        #expect(try kubectl("get", "all").contains("replicaset.apps/web-"))
    }

    @Test func explainAndDiscovery() throws {
        let kubectl = try Kubectl("discovery")
        #expect(try kubectl("explain", "pod.spec.containers.livenessProbe").contains("initialDelaySeconds\t<integer>"))
        #expect(try kubectl("explain", "deployment", "--recursive").contains("maxUnavailable\t<IntOrString>"))
        #expect(try kubectl("explain", "cronjobs.spec", "--api-version=batch/v1").contains("-required-"))
        #expect(try kubectl.refused("explain", "pod.spec.nothing").contains("field \"nothing\" does not exist"))
        let resources = try kubectl("api-resources", "--no-headers")
        for line in ["deployments ", "horizontalpodautoscalers ", "csidrivers "] { #expect(resources.contains(line)) }
        #expect(try kubectl("api-resources", "--namespaced=false", "-o", "name").contains("\nnodes"))
        #expect(
            try kubectl("api-resources", "--verbs=list", "--api-group=apps", "-o", "name").contains("deployments.apps"))
        #expect(try kubectl("api-versions").split(separator: "\n").contains("apps/v1"))
        #expect(try kubectl("version").contains("Server Version: v1.36"))
        #expect(try kubectl("get", "--raw", "/readyz") == "ok")
        #expect(try kubectl("cluster-info").contains("Kubernetes control plane"))
        #expect(try kubectl("options").contains("--namespace"))
    }

    @Test func waitingSeesWhatHappens() throws {
        let kubectl = try Kubectl("waiting")
        try kubectl("apply", "-f", "-", input: Kubectl.deployment("web", replicas: 1))
        #expect(
            try kubectl("wait", "--for=condition=Available", "deployment/web", "--timeout=60s").hasSuffix(
                "condition met"))
        try kubectl("wait", "--for=jsonpath={.status.readyReplicas}=1", "deployment/web", "--timeout=60s")
        try kubectl("wait", "--for=condition=Ready", "pod", "-l", "app=web", "--timeout=60s")
        #expect(
            try kubectl.refused("wait", "--for=condition=Never", "deployment/web", "--timeout=1s")
                .contains("timed out waiting"))
        try kubectl("delete", "deployment", "web", "--wait=false")
        try kubectl("wait", "--for=delete", "pod", "-l", "app=web", "--timeout=60s")
    }

    /// `get --watch` in each form it has: what is there, then what happens.
    @Test func watchesInEveryForm() async throws {
        let kubectl = try Kubectl("watching")
        try kubectl("create", "configmap", "before")
        for (form, lines) in [
            (["-o", "name"], ["configmap/before", "configmap/during", "configmap/during"]),
            (["--output-watch-events", "--no-headers"], ["ADDED before", "ADDED during", "DELETED during"]),
            (["-o", #"jsonpath={.metadata.name}{"\n"}"#], ["before", "during", "during"]),
        ] {
            let log = kubectl.folder.appendingPathComponent("watch-\(form.count)-\(lines[0].count)")
            let watcher = try kubectl.start(
                ["get", "cm", "--watch", "--field-selector=metadata.name!=kube-root-ca.crt"] + form, output: log)
            defer {
                kill(watcher.processIdentifier, SIGKILL)
                watcher.waitUntilExit()
            }
            func said() -> [String] {
                ((try? String(contentsOf: log, encoding: .utf8)) ?? "").split(separator: "\n").map { line in
                    line.split(separator: " ").prefix(lines[0].contains(" ") ? 2 : 1).joined(separator: " ")
                }
            }
            let began = await SharedCluster.process.eventually { said() == [lines[0]] }
            #expect(began, "\(form): \(said())")
            try kubectl("create", "configmap", "during")
            try kubectl("delete", "configmap", "during")
            let came = await SharedCluster.process.eventually { said() == lines }
            #expect(came, "\(form): \(said())")
        }
    }

    @Test func rightsAndWhoIAm() throws {
        let kubectl = try Kubectl("rights")
        #expect(try kubectl("auth", "can-i", "delete", "nodes") == "yes")
        let refusal = try kubectl.run(["auth", "can-i", "delete", "nodes", "--as=nobody"])
        #expect(refusal.status == 1 && refusal.output == "no\n")
        #expect(try kubectl("auth", "can-i", "--list").contains("*.*"))
        #expect(try kubectl("auth", "whoami", "-o", "jsonpath={.status.userInfo.groups}").contains("system:masters"))
        try kubectl("create", "serviceaccount", "reader")
        try kubectl("create", "rolebinding", "reader", "--clusterrole=view", "--serviceaccount=rights:reader")
        let account = "--as=system:serviceaccount:rights:reader"
        #expect(try kubectl("auth", "can-i", "list", "pods", account) == "yes")
        #expect(try kubectl.refused("get", "secrets", account).contains("cannot list resource \"secrets\""))
        try kubectl.write(
            "roles.yaml",
            """
            apiVersion: rbac.authorization.k8s.io/v1
            kind: Role
            metadata: {name: written, namespace: rights}
            rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]
            """)
        #expect(try kubectl("auth", "reconcile", "-f", "roles.yaml").contains("reconciled"))
        #expect(try kubectl("get", "role", "written", "-o", "jsonpath={.rules[0].verbs}") == #"["get"]"#)
    }

    @Test func whatNeedsMoreSaysSo() throws {
        let kubectl = try Kubectl("limits")
        #expect(try kubectl.refused("plugin", "list").contains("unable to find any kubectl plugins"))
        try kubectl("cluster-info", "dump", "--namespaces=limits", "--output-directory=dump")
        let dumped = try FileManager.default.contentsOfDirectory(
            atPath: kubectl.folder.appendingPathComponent("dump/limits").path)
        #expect(dumped.contains("pods.json"))
    }
}
