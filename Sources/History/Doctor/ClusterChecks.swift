import ClusterState
import Document
import Records
import Schema

/// Nodes that are not ready, deletions that do not end, quotas that are used up.
extension StateExamination {
    func nodes(_ visibility: inout Visibility) -> [Finding] {
        guard namespace == nil else { return [] }
        var found: [Finding] = []
        for (stored, tree) in objects("nodes", &visibility) {
            let name = stored.key.name
            func add(_ severity: Finding.Severity, _ kind: String, _ title: String, _ evidence: String?) {
                found.append(
                    Finding(
                        severity: severity, kind: kind, title: "node \(name) \(title)", objects: [reference(stored)],
                        evidence: [evidence].compactMap(\.self).filter { !$0.isEmpty }, revision: stored.revision,
                        command: "reckon history node/\(name) --diff"))
            }
            let ready = ObjectTrouble.condition(tree, "Ready")
            if ready?["status"] != "True" {
                let age = since(ready?["lastTransitionTime"]).map { " for \(Ink.span($0))" } ?? ""
                add(.critical, "NodeNotReady", "is not ready\(age)", ready?["message"]?.string)
            }
            for type in ["MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable"] {
                if let condition = ObjectTrouble.condition(tree, type), condition["status"] == "True" {
                    add(.warning, "NodePressure", "has \(type)", condition["message"]?.string)
                }
            }
            if tree["spec", "unschedulable"] == true {
                add(.notice, "NodeCordoned", "takes no new pods: it is cordoned", nil)
            }
        }
        return found
    }

    func deletions(_ visibility: inout Visibility) -> [Finding] {
        var found: [Finding] = []
        for store in state.storesInUse where store.resource != "events" {
            for stored in state.objects(store, namespace: namespace) {
                // Most objects are not being deleted: look at the tree only of those that may be.
                guard Self.mentions(stored.body, "\"deletionTimestamp\""), visibility.shows(stored.key) else {
                    continue
                }
                let tree = stored.document
                guard let age = since(tree["metadata", "deletionTimestamp"]), age > Self.minute else { continue }
                let name = Ink.object(reference(stored))
                let finalizers =
                    (tree["metadata", "finalizers"]?.strings ?? []) + (tree["spec", "finalizers"]?.strings ?? [])
                let conditions = (tree["status", "conditions"]?.elements ?? []).filter { $0["status"] == "True" }
                let isNamespace = store.resource == "namespaces"
                found.append(
                    Finding(
                        severity: .warning, kind: isNamespace ? "StuckNamespace" : "StuckDeletion",
                        title: "\(name) has been terminating for \(Ink.span(age))", objects: [reference(stored)],
                        evidence: (finalizers.isEmpty || isNamespace
                            ? [] : ["waits for the finalizers \(finalizers.joined(separator: ", "))"])
                            + (isNamespace ? conditions.compactMap { $0["message"]?.string } : []),
                        revision: stored.revision, command: "reckon why \(name)"))
            }
        }
        return found
    }

    private static func mentions(_ body: [UInt8], _ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard body.count >= count else { return false }
        let wanted = UnsafeBufferPointer(start: word.utf8Start, count: count)
        return body.withUnsafeBufferPointer { bytes in
            var i = 0
            while i + count <= bytes.count {
                if bytes[i] == wanted[0], bytes[i + 1] == wanted[1], bytes[i + 2] == wanted[2],
                    UnsafeBufferPointer(rebasing: bytes[i..<i + count]).elementsEqual(wanted)
                {
                    return true
                }
                i += 1
            }
            return false
        }
    }

    func quotas(_ visibility: inout Visibility) -> [Finding] {
        var found: [Finding] = []
        for (stored, tree) in objects("resourcequotas", &visibility) {
            let full = (tree["status", "hard"]?.entries ?? JSONObject()).compactMap { name, hard -> String? in
                guard let limit = Quantity(hard),
                    let used = tree["status", "used", name].flatMap({ Quantity($0) }), limit.billionths > 0,
                    used.billionths >= limit.billionths
                else { return nil }
                return "\(name): \(used.text) of \(limit.text)"
            }
            guard !full.isEmpty else { continue }
            found.append(
                Finding(
                    severity: .warning, kind: "QuotaExhausted",
                    title: "\(Ink.object(reference(stored))) is used up", objects: [reference(stored)], evidence: full,
                    count: full.count, revision: stored.revision,
                    command: "reckon history resourcequota/\(stored.key.name) -n \(stored.key.namespace) --diff"))
        }
        return found
    }
}
