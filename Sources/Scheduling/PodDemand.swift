import Controllers
import Document
import Records

/// All that scheduling asks of a pod, read once for each version of it.
final class PodDemand: Sendable {
    struct HostPort: Hashable, Sendable {
        var address: String
        var transport: String
        var port: Int
        func conflicts(with other: HostPort) -> Bool {
            port == other.port && transport == other.transport
                && (address == other.address || address == "0.0.0.0" || other.address == "0.0.0.0")
        }
    }

    let namespace: String
    let name: String
    let uid: String
    let generation: Int64
    let labels: Labels
    let nodeName: String
    let schedulerName: String
    let isGated: Bool
    let isFinished: Bool
    let isTerminating: Bool
    let priority: Int64
    let preempts: Bool
    let nominatedNode: String
    let creation: Timestamp
    let startTime: Timestamp?
    let requests: Resources
    let scoringRequests: Resources
    let hostPorts: [HostPort]
    let nodeSelector: [(key: String, value: String)]
    let requiredNodeTerms: [NodeSelectorTerm]?
    /// The nodes that the required terms name one by one (`matchFields`); nil when a term names none.
    let requiredNodeNames: Set<String>?
    let preferredNodeTerms: [(term: NodeSelectorTerm, weight: Int64)]
    let tolerations: [Toleration]
    let affinity: [PodTerm]
    let antiAffinity: [PodTerm]
    let preferred: [WeightedTerm]
    let preferredAnti: [WeightedTerm]
    let spread: [SpreadConstraint]
    let claims: [(name: String, isEphemeral: Bool)]
    let images: [String]
    /// The message of the PodScheduled condition as it stands.
    let schedulingMessage: String
    /// Kind and name of the controller, for the default spreading.
    let controller: OwnerReference?
    /// `v1.ObjectReference` for Events.
    let reference: JSON
    let isBestEffort: Bool

    var key: ObjectKey { ObjectKey(resource: "pods", namespace: namespace, name: name) }

    init(_ pod: JSON) {
        let metadata = pod["metadata"] ?? .null
        let spec = pod["spec"] ?? .null
        let status = pod["status"] ?? .null
        namespace = metadata["namespace"]?.string ?? ""
        name = metadata["name"]?.string ?? ""
        uid = metadata["uid"]?.string ?? ""
        generation = metadata["generation"]?.int ?? 0
        labels = Labels(metadata["labels"]?.entries.stringPairs ?? [])
        isTerminating = metadata["deletionTimestamp"]?.string != nil
        creation = metadata["creationTimestamp"]?.string.flatMap(Timestamp.init(rfc3339:)) ?? Timestamp(microseconds: 0)
        controller = metadata["ownerReferences"]?.elements.first { $0["controller"]?.bool == true }.map(
            OwnerReference.init)
        reference = EventNote.reference(to: pod)
        nodeName = spec["nodeName"]?.string ?? ""
        schedulerName = spec["schedulerName"]?.string ?? "default-scheduler"
        isGated = !(spec["schedulingGates"]?.elements.isEmpty ?? true)
        priority = spec["priority"]?.int ?? 0
        preempts = spec["preemptionPolicy"]?.string != "Never"
        let phase = status["phase"]?.string
        isFinished = phase == "Succeeded" || phase == "Failed"
        nominatedNode = status["nominatedNodeName"]?.string ?? ""
        startTime = status["startTime"]?.string.flatMap(Timestamp.init(rfc3339:))
        schedulingMessage =
            status["conditions"]?.elements.first {
                $0["type"]?.string == "PodScheduled" && $0["status"]?.string == "False"
            }?["message"]?.string ?? ""
        requests = Resources.requested(by: spec, nonZero: false)
        scoringRequests = Resources.requested(by: spec, nonZero: true)
        isBestEffort = requests == Resources()
        var ports: [HostPort] = []
        var imageNames: [String] = []
        for container in spec["containers"]?.elements ?? [] {
            if let image = container["image"]?.string { imageNames.append(image) }
            for port in container["ports"]?.elements ?? [] {
                guard let host = port["hostPort"]?.int, host > 0 else { continue }
                let address = port["hostIP"]?.string ?? ""
                ports.append(
                    HostPort(
                        address: address.isEmpty ? "0.0.0.0" : address, transport: port["protocol"]?.string ?? "TCP",
                        port: Int(host)))
            }
        }
        hostPorts = ports
        images = imageNames
        nodeSelector = spec["nodeSelector"]?.entries.stringPairs ?? []
        tolerations = (spec["tolerations"]?.elements ?? []).map(Toleration.init)
        let affinities = spec["affinity"]
        let node = affinities?["nodeAffinity"]
        requiredNodeTerms = node?["requiredDuringSchedulingIgnoredDuringExecution"].map {
            ($0["nodeSelectorTerms"]?.elements ?? []).map(NodeSelectorTerm.init)
        }
        requiredNodeNames = requiredNodeTerms.flatMap(NodeSelectorTerm.names)
        preferredNodeTerms = (node?["preferredDuringSchedulingIgnoredDuringExecution"]?.elements ?? []).map {
            (NodeSelectorTerm($0["preference"] ?? .null), $0["weight"]?.int ?? 0)
        }
        let (namespace, labels) = (namespace, labels)
        func term(_ json: JSON) -> PodTerm { PodDemand.term(json, namespace: namespace, labels: labels) }
        func required(_ kind: String) -> [PodTerm] {
            (affinities?[kind]?["requiredDuringSchedulingIgnoredDuringExecution"]?.elements ?? []).map(term)
        }
        func weighted(_ kind: String) -> [WeightedTerm] {
            (affinities?[kind]?["preferredDuringSchedulingIgnoredDuringExecution"]?.elements ?? []).map {
                WeightedTerm(term: term($0["podAffinityTerm"] ?? .null), weight: $0["weight"]?.int ?? 0)
            }
        }
        affinity = required("podAffinity")
        antiAffinity = required("podAntiAffinity")
        preferred = weighted("podAffinity")
        preferredAnti = weighted("podAntiAffinity")
        spread = (spec["topologySpreadConstraints"]?.elements ?? []).map { json in
            var selector = LabelSelector(json["labelSelector"])
            var text = json["labelSelector"]?.text ?? ""
            for key in json["matchLabelKeys"]?.strings ?? [] {
                if let value = labels[key] {
                    selector.requirements.append(.isIn(key, [value]))
                    text += "&" + key + "=" + value
                }
            }
            return SpreadConstraint(
                term: PodTerm(
                    selector: selector, selectorText: text, namespaces: [namespace],
                    topologyKey: json["topologyKey"]?.string ?? "",
                    skipsTerminating: true),
                maxSkew: Int(json["maxSkew"]?.int ?? 1), isHard: json["whenUnsatisfiable"]?.string != "ScheduleAnyway",
                minDomains: Int(json["minDomains"]?.int ?? 1),
                honoursAffinity: json["nodeAffinityPolicy"]?.string != "Ignore",
                honoursTaints: json["nodeTaintsPolicy"]?.string == "Honor", countsItself: selector.matches(labels))
        }
        var claimNames: [(name: String, isEphemeral: Bool)] = []
        for volume in spec["volumes"]?.elements ?? [] {
            if let claim = volume["persistentVolumeClaim"]?["claimName"]?.string { claimNames.append((claim, false)) }
            if volume["ephemeral"] != nil { claimNames.append((name + "-" + (volume["name"]?.string ?? ""), true)) }
        }
        claims = claimNames
    }

    private static func term(_ json: JSON, namespace: String, labels: Labels) -> PodTerm {
        var selector = LabelSelector(json["labelSelector"])
        var text = json["labelSelector"]?.text ?? ""
        for (member, isIn) in [("matchLabelKeys", true), ("mismatchLabelKeys", false)] {
            for key in json[member]?.strings ?? [] {
                guard let value = labels[key] else { continue }
                selector.requirements.append(isIn ? .isIn(key, [value]) : .notIn(key, [value]))
                text += (isIn ? "&" : "!") + key + "=" + value
            }
        }
        var namespaces = (json["namespaces"]?.strings ?? []).sorted()
        // A namespace selector that is there and empty means every namespace.
        if let chosen = json["namespaceSelector"], !chosen.isNull {
            if LabelSelector(chosen).isEverything {
                namespaces = []
            } else if namespaces.isEmpty {
                namespaces = [namespace]
            }
        } else if namespaces.isEmpty {
            namespaces = [namespace]
        }
        return PodTerm(
            selector: selector, selectorText: text, namespaces: namespaces,
            topologyKey: json["topologyKey"]?.string ?? "")
    }
}
