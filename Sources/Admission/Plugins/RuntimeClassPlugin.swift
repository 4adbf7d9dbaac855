import Document
import Schema

/// A pod of a runtime class carries the overhead and the scheduling constraints of the class: upstream's RuntimeClass.
struct RuntimeClassPlugin: AdmissionPlugin {
    let name = "RuntimeClass"

    func mutate(_ request: inout AdmissionRequest) throws(APIError) {
        guard let found = try runtimeClass(request) else { return }
        if let overhead = found["overhead", "podFixed"], !overhead.isNull {
            let given = request.object["spec"]?.given("overhead")
            if let given, given != overhead {
                throw request.forbidden("pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead")
            }
            request.object.modify("spec") { $0["overhead"] = overhead }
        }
        guard let scheduling = found.given("scheduling") else { return }
        var selector = request.object["spec", "nodeSelector"]?.entries ?? JSONObject()
        for entry in scheduling["nodeSelector"]?.entries ?? JSONObject() {
            if let given = selector[entry.key], given != entry.value {
                throw request.forbidden(
                    "conflict: runtimeClass.scheduling.nodeSelector[\(entry.key)] = \(entry.value.string ?? ""); pod.spec.nodeSelector[\(entry.key)] = \(given.string ?? "")"
                )
            }
            selector[entry.key] = entry.value
        }
        let tolerations = request.object["spec"]?.list("tolerations") ?? []
        let more = scheduling.list("tolerations").filter { !tolerations.contains($0) }
        request.object.modify("spec") { spec in
            if !selector.isEmpty { spec["nodeSelector"] = .object(selector) }
            if !more.isEmpty { spec["tolerations"] = .array(tolerations + more) }
        }
    }

    func validate(_ request: inout AdmissionRequest) throws(APIError) {
        guard request.operation == .create, request.isFor("pods"),
            let overhead = request.object["spec"]?.given("overhead"),
            !overhead.entries.isEmpty
        else { return }
        if try runtimeClass(request)?["overhead", "podFixed"] == nil {
            throw request.forbidden(
                "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead")
        }
    }

    private func runtimeClass(_ request: AdmissionRequest) throws(APIError) -> JSON? {
        guard request.operation == .create, request.isFor("pods"),
            let name = request.object["spec", "runtimeClassName"]?.string
        else { return nil }
        let store = GroupResource(group: "node.k8s.io", resource: "runtimeclasses")
        guard let found = request.context.state.object(store, "", name) else {
            throw request.forbidden("pod rejected: RuntimeClass \"\(name)\" not found")
        }
        return found.document
    }
}
