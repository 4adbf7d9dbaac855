import Document
import Schema

/// A pod stays five minutes on a node that is not ready or unreachable, unless it says otherwise.
struct DefaultTolerationSeconds: AdmissionPlugin {
    let name = "DefaultTolerationSeconds"

    func mutate(_ request: inout AdmissionRequest) throws(APIError) {
        guard request.isFor("pods"), request.operation == .create || request.operation == .update else { return }
        let given = request.object["spec"]?.list("tolerations") ?? []
        var added: [JSON] = []
        for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
            let tolerated = given.contains { toleration in
                let (name, effect) = (toleration.text("key"), toleration.text("effect"))
                return (name == key || name.isEmpty) && (effect == "NoExecute" || effect.isEmpty)
            }
            if !tolerated {
                added.append([
                    "effect": "NoExecute", "key": .string(key), "operator": "Exists", "tolerationSeconds": 300,
                ])
            }
        }
        if !added.isEmpty { request.object.modify("spec") { $0["tolerations"] = .array(given + added) } }
    }
}
