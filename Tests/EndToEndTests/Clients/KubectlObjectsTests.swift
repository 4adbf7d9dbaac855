import Foundation
import TestSupport
import Testing

/// kubectl changing objects: apply in both ways, diff, edit, patch, replace, labels, generators, deletion.
@Suite(.enabled(if: Tools.kubectl != nil, "there is no kubectl: tools/bootstrap --test installs one"))
struct KubectlObjectsTests {
    @Test func applyDiffAndPrune() throws {
        let kubectl = try Kubectl("apply")
        try kubectl.write("web.yaml", Kubectl.deployment("web", replicas: 1))
        #expect(try kubectl("apply", "-f", "web.yaml") == "deployment.apps/web created")
        #expect(try kubectl("apply", "-f", "web.yaml") == "deployment.apps/web unchanged")
        try kubectl.write("web.yaml", Kubectl.deployment("web", replicas: 3))
        #expect(try kubectl.refused("diff", "-f", "web.yaml").isEmpty)
        let difference = try kubectl.run(["diff", "-f", "web.yaml"])
        #expect(difference.status == 1)
        #expect(difference.output.contains("-  replicas: 1") && difference.output.contains("+  replicas: 3"))
        #expect(try kubectl("apply", "-f", "web.yaml") == "deployment.apps/web configured")
        #expect(try kubectl("diff", "-f", "web.yaml").isEmpty)
        #expect(try kubectl("apply", "view-last-applied", "deployment/web").contains("replicas: 3"))

        let maps = ["a", "b"].map {
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \($0), labels: {set: one}}\n"
        }
        try kubectl.write("maps.yaml", maps.joined(separator: "---\n"))
        try kubectl("apply", "-f", "maps.yaml")
        try kubectl.write("maps.yaml", maps[0])
        let pruned = try kubectl(
            "apply", "-f", "maps.yaml", "--prune", "-l", "set=one", "--prune-allowlist=core/v1/ConfigMap")
        #expect(pruned.contains("configmap/b pruned"))
    }

    @Test func serverSideApplyHasOwners() throws {
        let kubectl = try Kubectl("owners")
        func map(_ value: String) -> String {
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {k: \(value)}\n"
        }
        try kubectl("apply", "--server-side", "--field-manager=one", "-f", "-", input: map("a"))
        let refusal = try kubectl.refused("apply", "--server-side", "--field-manager=two", "-f", "-", input: map("b"))
        #expect(refusal.contains("conflict with \"one\": .data.k"))
        #expect(try kubectl("get", "cm", "c", "-o", "jsonpath={.data.k}") == "a")
        try kubectl(
            "apply", "--server-side", "--field-manager=two", "--force-conflicts", "-f", "-", input: map("b"))
        let owners = try kubectl(
            "get", "cm", "c", "--show-managed-fields", "-o", "jsonpath={.metadata.managedFields[*].manager}")
        #expect(owners == "two")
        // One who no longer applies what it owns alone takes it away.
        try kubectl(
            "apply", "--server-side", "--field-manager=two", "-f", "-",
            input: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n")
        #expect(try kubectl("get", "cm", "c", "-o", "jsonpath={.data}").isEmpty)
        let dry = try kubectl(
            "apply", "--server-side", "--dry-run=server", "-o", "name", "-f", "-", input: map("x"))
        #expect(dry == "configmap/c")
        #expect(try kubectl("get", "cm", "c", "-o", "jsonpath={.data}").isEmpty)
    }

    @Test func editReplaceAndPatchOfAllKinds() throws {
        let kubectl = try Kubectl("edits")
        try kubectl("create", "configmap", "c", "--from-literal=a=1", "--from-literal=b=2")
        try kubectl.write("editor.sh", "sed -i 's/^  a: .*/  a: \"9\"/' \"$1\"\n")
        let edited = try kubectl("edit", "configmap", "c", environment: ["KUBE_EDITOR": "sh editor.sh"])
        #expect(edited == "configmap/c edited")
        #expect(try kubectl("get", "cm", "c", "-o", "jsonpath={.data.a}") == "9")
        let cancelled = try kubectl.run(["edit", "configmap", "c"], environment: ["KUBE_EDITOR": "true"])
        #expect(cancelled.status == 0 && cancelled.errors.contains("no changes made"))

        try kubectl("apply", "-f", "-", input: Kubectl.deployment("web", replicas: 0))
        let sidecar = #"{"spec":{"template":{"spec":{"containers":[{"name":"side","image":"b:1"}]}}}}"#
        try kubectl("patch", "deployment", "web", "-p", sidecar)
        let names = "jsonpath={.spec.template.spec.containers[*].name}"
        #expect(Set(try kubectl("get", "deployment", "web", "-o", names).split(separator: " ")) == ["main", "side"])
        try kubectl("patch", "deployment", "web", "--type=merge", "-p", sidecar)
        #expect(try kubectl("get", "deployment", "web", "-o", names) == "side")
        let operations =
            #"[{"op":"test","path":"/spec/replicas","value":0},{"op":"replace","path":"/spec/replicas","value":1}]"#
        try kubectl("patch", "deployment", "web", "--type=json", "-p", operations)
        #expect(try kubectl.refused("patch", "deployment", "web", "--type=json", "-p", operations).contains("invalid"))
        try kubectl(
            "patch", "deployment", "web", "--subresource=scale", "--type=merge", "-p", #"{"spec":{"replicas":2}}"#)
        #expect(
            try kubectl("get", "deployment", "web", "--subresource=scale", "-o", "jsonpath={.spec.replicas}") == "2")

        try kubectl.write("c.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {only: this}\n")
        #expect(try kubectl("replace", "-f", "c.yaml") == "configmap/c replaced")
        #expect(try kubectl("get", "cm", "c", "-o", "jsonpath={.data}") == #"{"only":"this"}"#)
        #expect(try kubectl("replace", "--force", "-f", "c.yaml").contains("configmap/c replaced"))
        #expect(
            try kubectl.refused(
                "replace", "-f", "-", input: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: none}\n"
            )
            .contains("not found"))
    }

    @Test func labelsAnnotationsAndDeletion() throws {
        let kubectl = try Kubectl("labels")
        for name in ["a", "b", "c"] { try kubectl("create", "configmap", name) }
        try kubectl("label", "configmap", "a", "b", "tier=one")
        #expect(try kubectl.refused("label", "configmap", "a", "tier=two").contains("--overwrite is false"))
        try kubectl("label", "configmap", "a", "tier=two", "--overwrite")
        #expect(try kubectl("get", "cm", "-l", "tier in (one,two)", "-o", "name") == "configmap/a\nconfigmap/b")
        try kubectl("label", "configmap", "a", "tier-")
        #expect(try kubectl("get", "cm", "-l", "tier", "-o", "name") == "configmap/b")
        try kubectl("annotate", "configmap", "a", "note=said")
        #expect(try kubectl("get", "cm", "a", "-o", "jsonpath={.metadata.annotations.note}") == "said")
        #expect(try kubectl("delete", "configmap", "-l", "tier=one").hasPrefix("configmap \"b\" deleted"))
        #expect(try kubectl("delete", "configmap", "b", "--ignore-not-found").isEmpty)
        #expect(try kubectl.refused("delete", "configmap", "b").contains("(NotFound)"))
        try kubectl("patch", "cm", "c", "--type=merge", "-p", #"{"metadata":{"finalizers":["example.com/hold"]}}"#)
        try kubectl("delete", "cm", "c", "--wait=false")
        #expect(try !kubectl("get", "cm", "c", "-o", "jsonpath={.metadata.deletionTimestamp}").isEmpty)
        try kubectl("patch", "cm", "c", "--type=merge", "-p", #"{"metadata":{"finalizers":null}}"#)
        try kubectl("wait", "--for=delete", "cm/c", "--timeout=10s")
        #expect(try kubectl("delete", "cm", "--all").contains("configmap \"a\" deleted"))
    }

    /// What becomes of the dependents: kept, deleted before their owner, deleted after it.
    @Test func deletionByEveryCascade() throws {
        let kubectl = try Kubectl("cascades")
        let sets = ["get", "replicasets", "-l", "app=web", "-o", "jsonpath={.items[*].metadata.ownerReferences}"]
        for cascade in ["orphan", "foreground", "background"] {
            try kubectl("apply", "-f", "-", input: Kubectl.deployment("web", replicas: 1))
            try kubectl("rollout", "status", "deployment/web", "--timeout=60s")
            try kubectl("delete", "deployment", "web", "--cascade=" + cascade, "--timeout=60s")
            if cascade == "orphan" {
                #expect(try kubectl.run(sets).output.isEmpty, "the ReplicaSet has no owner any more")
                #expect(try kubectl("get", "replicasets", "-l", "app=web", "-o", "name").hasPrefix("replicaset.apps/"))
            } else if cascade == "foreground" {
                #expect(try kubectl("get", "replicasets,pods", "-l", "app=web", "-o", "name").isEmpty)
            } else {
                try kubectl("wait", "--for=delete", "replicasets", "-l", "app=web", "--timeout=60s")
                try kubectl("wait", "--for=delete", "pods", "-l", "app=web", "--timeout=60s")
            }
        }
    }

    /// The annotation of client-side apply, set and edited by hand, and the way from it to server-side apply.
    @Test func lastAppliedByHand() throws {
        let kubectl = try Kubectl("lastapplied")
        let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: \"1\", b: \"2\"}\n"
        try kubectl.write("c.yaml", map)
        try kubectl("create", "-f", "c.yaml")
        #expect(try kubectl("apply", "view-last-applied", "configmap/c").isEmpty)
        try kubectl("apply", "set-last-applied", "-f", "c.yaml", "--create-annotation")
        #expect(try kubectl("apply", "view-last-applied", "configmap/c").contains("b: \"2\""))
        try kubectl.write("c.yaml", map.replacingOccurrences(of: ", b: \"2\"", with: ""))
        try kubectl("apply", "-f", "c.yaml")
        #expect(try kubectl("get", "cm", "c", "-o", "jsonpath={.data}") == #"{"a":"1"}"#)
        let shown = try kubectl.run(["diff", "--server-side", "--force-conflicts", "-f", "-"], input: map)
        #expect(shown.status == 1 && shown.output.contains("+  b: \"2\""), "\(shown.errors)")
        // What client-side apply owned becomes server-side apply's, so that dropping a field takes it away.
        try kubectl("apply", "--server-side", "-f", "-", input: map)
        try kubectl("apply", "--server-side", "-f", "c.yaml")
        #expect(try kubectl("get", "cm", "c", "-o", "jsonpath={.data}") == #"{"a":"1"}"#)
        let managers = "jsonpath={.metadata.managedFields[*].manager}"
        #expect(try kubectl("get", "cm", "c", "--show-managed-fields", "-o", managers).contains("kubectl"))
    }

    /// Every generator of `kubectl create`: what it makes is read back by name.
    @Test func everyGeneratorMakesItsKind() throws {
        let kubectl = try Kubectl("generators")
        try kubectl.write("file.txt", "text")
        let commands: [(String, [String])] = [
            ("configmap/from-file", ["configmap", "from-file", "--from-file=file.txt", "--from-literal=a=b"]),
            ("secret/g", ["secret", "generic", "g", "--from-literal=a=b", "--from-file=file.txt"]),
            ("secret/d", ["secret", "docker-registry", "d", "--docker-username=u", "--docker-password=p"]),
            ("deployment.apps/web", ["deployment", "web", "--image=b:1", "--replicas=0", "--port=80"]),
            ("job.batch/once", ["job", "once", "--image=b:1", "--", "true"]),
            ("cronjob.batch/tick", ["cronjob", "tick", "--image=b:1", "--schedule=0 0 1 1 *"]),
            ("service/ip", ["service", "clusterip", "ip", "--tcp=80:8080"]),
            ("service/np", ["service", "nodeport", "np", "--tcp=80"]),
            ("service/lb", ["service", "loadbalancer", "lb", "--tcp=80"]),
            ("service/en", ["service", "externalname", "en", "--external-name=a.example"]),
            ("ingress.networking.k8s.io/in", ["ingress", "in", "--rule=a.example/p*=ip:80,tls=t"]),
            ("role.rbac.authorization.k8s.io/r", ["role", "r", "--verb=get", "--resource=pods"]),
            ("rolebinding.rbac.authorization.k8s.io/rb", ["rolebinding", "rb", "--role=r", "--user=u"]),
            ("serviceaccount/sa", ["serviceaccount", "sa"]),
            ("resourcequota/q", ["quota", "q", "--hard=configmaps=100"]),
            ("poddisruptionbudget.policy/pdb", ["poddisruptionbudget", "pdb", "--selector=a=b", "--min-available=1"]),
        ]
        for (name, arguments) in commands {
            let made = try kubectl.run(["create", arguments[0], "-o", "name"] + arguments.dropFirst())
            #expect(made.status == 0 && made.output == name + "\n", "\(arguments): \(made.output)\(made.errors)")
            #expect(try kubectl("get", name, "-o", "name") == name)
        }
        let clusterWide: [(String, [String])] = [
            (
                "clusterrole.rbac.authorization.k8s.io/gen-cr",
                ["clusterrole", "gen-cr", "--verb=get", "--non-resource-url=/x"]
            ),
            (
                "clusterrolebinding.rbac.authorization.k8s.io/gen-crb",
                ["clusterrolebinding", "gen-crb", "--clusterrole=view", "--group=g"]
            ),
            ("priorityclass.scheduling.k8s.io/gen-pc", ["priorityclass", "gen-pc", "--value=7"]),
        ]
        for (name, arguments) in clusterWide {
            let made = try kubectl.run(["create"] + arguments + ["-o", "name"])
            #expect(made.output == name + "\n", "\(arguments): \(made.errors)")
            try kubectl("delete", name)
        }
        #expect(try kubectl("create", "job", "now", "--from=cronjob/tick", "-o", "name") == "job.batch/now")
        #expect(try kubectl("create", "token", "sa").split(separator: ".").count == 3)
        #expect(try kubectl("get", "secret", "d", "-o", "jsonpath={.type}") == "kubernetes.io/dockerconfigjson")
        #expect(try kubectl("get", "configmap", "from-file", "-o", #"jsonpath={.data.file\.txt}"#) == "text")
    }

    @Test func kustomizeBuildsAndApplies() throws {
        let kubectl = try Kubectl("kustomized")
        try kubectl.write("web.yaml", Kubectl.deployment("web", replicas: 1))
        try kubectl.write(
            "kustomization.yaml",
            """
            resources: [web.yaml]
            namePrefix: my-
            labels: [{pairs: {team: blue}}]
            images: [{name: reckon.dev/busybox, newTag: "2"}]
            configMapGenerator: [{name: settings, literals: [a=1]}]
            patches: [{patch: '[{"op": "replace", "path": "/spec/replicas", "value": 2}]', target: {kind: Deployment}}]
            """)
        #expect(try kubectl("kustomize", ".").contains("name: my-web"))
        try kubectl("apply", "-k", ".")
        let path = "jsonpath={.spec.replicas} {.spec.template.spec.containers[0].image} {.metadata.labels.team}"
        #expect(try kubectl("get", "deployment", "my-web", "-o", path) == "2 reckon.dev/busybox:2 blue")
        #expect(try kubectl("get", "configmap", "-l", "team=blue", "-o", "name").hasPrefix("configmap/my-settings-"))
        try kubectl("delete", "-k", ".")
    }
}
