import Document
import History
import Records
import Schema
import Testing

/// What keeps something that is being deleted.
@Suite struct TerminationTests {
    private let space = ObjectKey(resource: "namespaces", name: "shop")

    private func cluster() -> Past {
        let past = Past()
        past.write("ann", space, ["spec": ["finalizers": ["kubernetes"]]])
        past.write("backup", configMap("held"), ["metadata": ["finalizers": ["backup.example.com/keep"]]])
        past.write("ann", configMap("free"), ["data": [:]])
        past.write("ann", configMap("elsewhere", "other"), ["metadata": ["finalizers": ["x.example.com/y"]]])
        past.write("backup", configMap("sign", "other"), ["data": [:]])
        past.write(
            "ann", space,
            [
                "metadata": ["deletionTimestamp": "2027-01-15T08:00:00Z"], "spec": ["finalizers": ["kubernetes"]],
                "status": [
                    "conditions": [
                        ["type": "NamespaceFinalizersRemaining", "status": "True", "message": "some are left"],
                        ["type": "NamespaceContentRemaining", "status": "False", "message": "not this"],
                    ]
                ],
            ])
        return past
    }

    @Test func aNamespaceNamesWhatHoldsIt() throws {
        let past = cluster()
        let asked = [("resource", "ns"), ("name", "shop")]
        let answer = try past.ask("why", asked)
        #expect(answer["question"] == "terminating")
        #expect(answer["remaining"] == ["configmaps": 2])
        let held = answer["holding"]?.elements ?? []
        #expect(held.map { $0["object", "name"]?.string } == ["held", "free"], "those with finalizers come first")
        #expect(held[0]["finalizers"]?[0]?["finalizer"] == "backup.example.com/keep")
        #expect(held[0]["finalizers"]?[0]?["setBy"] == "backup")
        #expect(answer["lastSeen", "backup"]?["revision"] == 5)
        #expect(answer["conditions"]?.strings == ["some are left"])
        let text = WhyText.text(answer, ink)
        #expect(text.contains("it still holds 2 configmaps") && text.contains("configmap/free, not asked to go yet"))
        #expect(text.contains("waits for backup.example.com/keep  set by backup at revision 2, who last changed"))
        // Who may not get them learns their number, and nothing else.
        let narrow = try past.ask("why", asked) { $0.resource == "configmaps" }
        #expect(narrow["holding"]?.elements.isEmpty == true && narrow["lastSeen"] == [:])
    }
}
