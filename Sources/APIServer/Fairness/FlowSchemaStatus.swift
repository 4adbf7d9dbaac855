import ClusterState
import Controllers
import Document
import Engine
import Records
import Schema

/// The `Dangling` condition of flow schemas: whether the priority level that they name exists.
struct FlowSchemaStatus: Sendable {
    private static let identity = LoopIdentity(
        user: UserInfo(name: "system:apiserver", groups: ["system:masters", "system:authenticated"]),
        userAgent: "api-priority-and-fairness-config-consumer-v1/v1.36.2 (linux/amd64) kubernetes/reckon")
    private static let group = "flowcontrol.apiserver.k8s.io"
    let engine: Engine

    /// Brings the conditions up to date. Blocks until the changes are durable: not for event loops.
    func settle(_ state: ClusterState, cause: UInt64?) {
        let levels = Set(
            state.objects(GroupResource(group: Self.group, resource: "prioritylevelconfigurations")).map(\.key.name))
        var intents: [Intent] = []
        for object in state.objects(GroupResource(group: Self.group, resource: "flowschemas")) {
            let schema = object.document
            let level = schema["spec", "priorityLevelConfiguration", "name"]?.string ?? ""
            let exists = levels.contains(level)
            let wanted = exists ? "False" : "True"
            let words =
                "This FlowSchema references the PriorityLevelConfiguration object named \"\(level)\" "
                + (exists ? "and it exists" : "but there is no such object")
            let conditions = schema["status", "conditions"]?.elements ?? []
            let known = conditions.first { $0["type"]?.string == "Dangling" }
            if known?["status"]?.string == wanted, known?["message"]?.string == words { continue }
            let isSame = known?["status"]?.string == wanted
            let condition: JSON = [
                "type": "Dangling", "status": .string(wanted), "reason": exists ? "Found" : "NotFound",
                "message": .string(words),
                "lastTransitionTime": (isSame ? known?["lastTransitionTime"] : nil) ?? .string(engine.now.rfc3339),
            ]
            let applied: JSON = [
                "apiVersion": .string(Self.group + "/v1"), "kind": "FlowSchema",
                "metadata": ["name": .string(object.key.name)], "status": ["conditions": [condition]],
            ]
            intents.append(
                Intent(
                    .patch(.apply, applied), apiVersion: Self.group + "/v1", resource: "flowschemas",
                    name: object.key.name, subresource: "status", cause: cause))
        }
        if !intents.isEmpty { _ = engine.send(intents, as: Self.identity) }
    }
}
