import Document
import History
import Records
import Schema
import Testing

/// The questions on small histories made by hand.
@Suite struct QuestionTests {
    @Test func fieldPathsReadWhatDifferencesWrite() throws {
        let object: JSON = [
            "metadata": ["labels": ["a.b/c": "x"], "finalizers": ["f1", "f2"]],
            "spec": ["containers": [["name": "web", "image": "i", "args": ["-v", "-v"]]]],
        ]
        for leaf in Difference.leaves(object) {
            let text = leaf.path.hasSuffix("[]") ? leaf.path + leaf.after!.text : leaf.path
            #expect(FieldPath(text)?.value(in: object) == leaf.after, "\(text)")
        }
        for bad in ["", "a..b", "a[", "a[x]", #"a["x"#, "a.", "a[0]b"] { #expect(FieldPath(bad) == nil, "\(bad)") }
    }

    @Test func diffTellsCreatedUpdatedRecreatedAndDeleted() throws {
        let past = Past()
        past.write("ann", configMap("same"), ["data": ["a": "1"]])
        past.write("ann", configMap("gone"), ["data": ["a": "1"]])
        past.write("ann", configMap("changed"), ["data": ["a": "1"]])
        let from = past.write("ann", configMap("again"), ["data": ["a": "1"]])
        past.write("ann", configMap("gone"), nil)
        past.write("ann", configMap("changed"), ["data": ["a": "2", "b": "3"]])
        past.write("ann", configMap("again"), nil)
        past.write("ann", configMap("again"), ["data": ["a": "9"]])
        past.write("ann", configMap("fresh"), ["data": ["z": "1"]])
        past.write("ann", configMap("other", "elsewhere"), ["data": ["z": "1"]])
        past.write("k", ObjectKey(group: "coordination.k8s.io", resource: "leases", namespace: "shop", name: "l"), [:])
        let answer = try past.ask("diff", [("from", "\(from)"), ("namespace", "shop")])
        let items = answer["items"]?.elements ?? []
        #expect(
            items.map { "\($0["change"]?.string ?? "") \($0["object"]?["name"]?.string ?? "")" } == [
                "recreated again", "updated changed", "created fresh", "deleted gone",
            ])
        #expect(items[1]["fields"]?.elements.compactMap { $0["path"]?.string } == ["data.a", "data.b"])
        #expect(answer["hidden"]?["leases"] == 1)
        #expect(try past.ask("diff", [("from", "\(from)")])["items"]?.elements.count == 5)
        let text = DiffText.text(answer, ink)
        #expect(text.contains(#"~ data.a: "1" → "2""#) && text.contains("+ configmap/fresh -n shop"))
        #expect(DiffText.patch(answer).contains("kubectl patch configmaps/changed -n shop --type=json"))
        #expect(throws: APIError.self) { try past.ask("diff", [("from", "999")]) }
        #expect(throws: APIError.self) { try past.ask("diff", [("from", "soon")]) }
        // Who may not list a kind does not see it.
        let none = try past.ask("diff", [("from", "\(from)")]) { $0.resource == "configmaps" }
        #expect(none["items"]?.elements.isEmpty == true)
    }

    @Test func historyOfAKindIsTheNewestChangesInOrder() throws {
        let past = Past()
        for i in 1...6 { past.write("u\(i)", configMap("c\(i % 2)"), ["data": ["n": .string("\(i)")]]) }
        past.write("p", pod("x"), ["spec": [:]])
        let answer = try past.ask("history", [("resource", "cm"), ("namespace", "shop"), ("limit", "3")])
        #expect(answer["items"]?.elements.compactMap { $0["revision"]?.int } == [4, 5, 6])
        #expect(answer["isTruncated"] == true)
        #expect(answer["items"]?[2]?["changes"]?[0]?["before"] == "4")
        let since = try past.ask("history", [("resource", "configmaps"), ("since", "4")])
        #expect(since["items"]?.elements.compactMap { $0["revision"]?.int } == [5, 6])
        let id = try #require(since["items"]?[0]?["auditID"]?.string)
        for withFields in [true, false] {
            let text = HistoryText.text(since, ink, withFields: withFields)
            #expect(text.contains(#"~ data.n: "4" → "6""#) && text.contains("request \(id)"), "\(text)")
        }
    }

    @Test func blameNamesDefaultsAndPlugins() throws {
        let past = Past()
        let admitted = AdmissionFact(plugin: "ServiceAccount", effect: .changed, detail: "serviceAccountName default")
        past.write(
            "ann", pod("p"),
            [
                "spec": [
                    "containers": [["name": "m", "image": "i:1", "terminationMessagePath": "/dev/termination-log"]],
                    "serviceAccountName": "default", "restartPolicy": "Never",
                ]
            ], admission: [admitted])
        past.write(
            "system:kube-scheduler", pod("p"),
            {
                var body = past.state.object(pod("p"))!.document
                body["spec", "nodeName"] = "n1"
                return body
            }())
        let answer = try past.ask("blame", [("resource", "pod"), ("name", "p"), ("namespace", "shop")])
        func line(_ path: String) -> JSON? { answer["fields"]?.elements.first { $0["path"]?.string == path } }
        #expect(line("spec.serviceAccountName")?["origin"] == "admission ServiceAccount")
        #expect(line("spec.containers[name=m].terminationMessagePath")?["origin"] == "default")
        #expect(line("spec.restartPolicy")?["origin"] == nil)
        #expect(line("spec.nodeName")?["user"] == "system:kube-scheduler")
        #expect(line("spec.nodeName")?["revision"] == 2)
        let old = try past.ask("blame", [("resource", "pod"), ("name", "p"), ("namespace", "shop"), ("at", "1")])
        #expect(old["fields"]?.elements.contains { $0["path"] == "spec.nodeName" } == false)
    }

    @Test func whyLeadsToTheRequestFromOutside() throws {
        let past = Past()
        let web = ObjectKey(group: "apps", resource: "deployments", namespace: "shop", name: "web")
        past.write("ann", web, ["spec": ["replicas": 1]])
        let asked = past.write("bob", web, ["spec": ["replicas": 2]])
        let made = past.write(
            "system:serviceaccount:kube-system:replicaset-controller", pod("p"), ["spec": [:]], cause: asked,
            decision: ["controller": "replicaset-controller", "why": "too few", "active": 1, "wanted": 2])
        past.write(
            "system:kube-scheduler", pod("p"), ["spec": [:], "status": ["phase": "Pending"]], verb: "patch",
            cause: made,
            decision: [
                "scheduler": "default-scheduler", "nodes": 2, "feasible": 0, "refusedBy": ["NodeResourcesFit"],
                "filters": ["n1": "NodeResourcesFit: Insufficient cpu", "n2": "TaintToleration: tainted"],
            ])
        let pending = try past.ask("why", [("resource", "pods"), ("name", "p"), ("namespace", "shop")])
        #expect(pending["question"] == "unscheduled")
        #expect(pending["chain"]?.elements.compactMap { $0["revision"]?.int } == [4, 3, 2])
        #expect(pending["nodes"]?.elements.compactMap { $0["reason"]?.string } == ["Insufficient cpu", "tainted"])
        #expect(WhyText.text(pending, ink).contains("bob"))
        #expect(WhyText.dot(pending).contains("e3 -> e4"))

        past.write("system:kube-scheduler", pod("p"), ["spec": ["nodeName": "n1"]], cause: made)
        past.write("system:node:n1", pod("p"), ["spec": ["nodeName": "n1"], "status": ["phase": "Running"]])
        let field = try past.ask(
            "why", [("resource", "pods"), ("name", "p"), ("namespace", "shop"), ("field", "status.phase")])
        // The kubelet recorded no cause: it acts on what was written before.
        #expect(field["chain"]?.elements.compactMap { $0["revision"]?.int } == [6, 5, 3, 2])
        #expect(field["chain"]?[0]?["causeIsImplied"] == true)

        past.write(
            "eve", pod("p"), ["metadata": ["deletionTimestamp": "x"], "spec": ["nodeName": "n1"]], verb: "delete")
        past.write("system:node:n1", pod("p"), nil)
        let deleted = try past.ask("why", [("resource", "pods"), ("name", "p"), ("namespace", "shop")])
        #expect(deleted["question"] == "deleted")
        #expect(deleted["chain"]?.elements.last?["user"] == "eve")
        #expect(deleted["chain"]?.elements.last?["summary"] == "asked to delete pod p")

        // Links about objects that one may not see say nothing of them.
        let narrow = try past.ask("why", [("resource", "pods"), ("name", "p"), ("namespace", "shop"), ("at", "4")]) {
            $0.resource == "deployments"
        }
        #expect(narrow["chain"]?[2]?["isHidden"] == true)
        #expect(!narrow.text.contains("bob"))
    }

    @Test func whyOfAWorkloadTellsWhatIsBelowIt() throws {
        let past = Past()
        let web = ObjectKey(group: "apps", resource: "deployments", namespace: "shop", name: "web")
        let set = ObjectKey(group: "apps", resource: "replicasets", namespace: "shop", name: "web-1")
        past.write("ann", web, ["spec": ["replicas": 1, "image": "a"]])
        past.write("bob", web, ["spec": ["replicas": 1, "image": "b"]])
        past.write("cat", web, ["spec": ["replicas": 2, "image": "b"]])
        past.write("c", set, ["metadata": ["ownerReferences": [["uid": "uid-1", "name": "web"]]]])
        past.write(
            "c", pod("web-1-x"),
            [
                "metadata": ["ownerReferences": [["uid": "uid-4", "name": "web-1"]]],
                "spec": ["nodeName": "n"], "status": ["phase": "Failed", "message": "evicted"],
            ])
        let answer = try past.ask("why", [("resource", "deploy"), ("name", "web"), ("namespace", "shop")])
        #expect(answer["below"]?.elements.compactMap { $0["state"]?.string } == ["phase Failed, evicted"])
        #expect(answer["recent"]?.elements.compactMap { $0["user"]?.string } == ["cat", "bob"])
        #expect(answer["recent"]?[1]?["fields"] == [["path": "spec.image", "value": "b"]])
        #expect(WhyText.text(answer, ink).contains("pod/web-1-x -n shop: phase Failed, evicted"))
    }

    @Test func whyOfAFieldThatIsGone() throws {
        let past = Past()
        past.write("ann", configMap("c"), ["data": ["a": "1", "b": "1"]])
        past.write("bob", configMap("c"), ["data": ["a": "1"]])
        past.write("cat", configMap("c"), ["data": ["a": "2"]])
        let answer = try past.ask(
            "why", [("resource", "cm"), ("name", "c"), ("namespace", "shop"), ("field", "data.b")])
        #expect(answer["question"] == "removed")
        #expect(answer["chain"]?[0]?["user"] == "bob")
        #expect(throws: APIError.self) {
            try past.ask("why", [("resource", "cm"), ("name", "c"), ("namespace", "shop"), ("field", "data.never")])
        }
    }
}
