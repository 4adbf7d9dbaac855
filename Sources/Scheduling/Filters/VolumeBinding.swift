import ClusterState
import Controllers
import Document
import Records
import Schema

/// One claim of a pod as scheduling sees it: where its volume can be reached from, or which volumes it could take.
struct VolumeNeed: Sendable {
    var claim: String
    /// Bound: the alternatives of the volume's node affinity; nil for everywhere.
    var boundTerms: [NodeSelectorTerm]?
    var isBound: Bool
    /// `ReadWriteOncePod`: for one pod alone.
    var isExclusive = false
    /// Waiting for its first consumer: the volumes it could take, smallest first, with their node affinity.
    var candidates: [(volume: String, terms: [NodeSelectorTerm]?)] = []
    /// A provisioner makes a volume wherever the pod goes, inside these topologies.
    var isProvisioned = false
    var allowedTopologies: [NodeSelectorTerm] = []
}

/// `VolumeBinding` and what goes with it, in simple form: claims, volumes and classes looked up when a pod has some.
enum VolumeBinding {
    enum Need {
        case ready([VolumeNeed])
        /// No node will do, whatever it is: the message in upstream's words.
        case refused(String)
    }

    static func needs(of pod: PodDemand, state: ClusterState) -> Need {
        var out: [VolumeNeed] = []
        for (name, isEphemeral) in pod.claims {
            guard let claim = state.object(.volumeClaims, pod.namespace, name)?.document else {
                if isEphemeral {
                    return .refused(
                        "waiting for ephemeral volume controller to create the persistentvolumeclaim \"\(name)\"")
                }
                return .refused("persistentvolumeclaim \"\(name)\" not found")
            }
            if isEphemeral, claim.controllerReference?.uid != pod.uid {
                return .refused(
                    "PVC \(pod.namespace)/\(name) was not created for pod \(pod.namespace)/\(pod.name) (pod is not owner)"
                )
            }
            if claim.isBeingDeleted { return .refused("persistentvolumeclaim \"\(name)\" is being deleted") }
            if claim["status"]?["phase"]?.string == "Lost" {
                return .refused(
                    "persistentvolumeclaim \"\(name)\" bound to non-existent persistentvolume \"\(claim["spec"]?["volumeName"]?.string ?? "")\""
                )
            }
            let isExclusive = claim["spec"]?["accessModes"]?.strings.contains("ReadWriteOncePod") ?? false
            let volumeName = claim["spec"]?["volumeName"]?.string ?? ""
            let isBound = !volumeName.isEmpty && claim.annotation("pv.kubernetes.io/bind-completed") != nil
            if isBound {
                guard let volume = state.object(.volumes, "", volumeName)?.document else {
                    return .refused("persistentvolume \"\(volumeName)\" not found")
                }
                out.append(
                    VolumeNeed(claim: name, boundTerms: terms(of: volume), isBound: true, isExclusive: isExclusive))
                continue
            }
            let className = claim["spec"]?["storageClassName"]?.string ?? ""
            let storageClass = className.isEmpty ? nil : state.object(.storageClasses, "", className)?.document
            guard storageClass?["volumeBindingMode"]?.string == "WaitForFirstConsumer", volumeName.isEmpty else {
                return .refused("pod has unbound immediate PersistentVolumeClaims")
            }
            var need = VolumeNeed(claim: name, boundTerms: nil, isBound: false, isExclusive: isExclusive)
            for volume in VolumeMatch.candidates(for: claim, volumes: state.objects(.volumes).map(\.document)) {
                need.candidates.append((volume.objectName, terms(of: volume)))
            }
            need.isProvisioned = storageClass?["provisioner"]?.string != "kubernetes.io/no-provisioner"
            need.allowedTopologies = (storageClass?["allowedTopologies"]?.elements ?? []).map { topology in
                var term: JSON = .object(JSONObject())
                term["matchExpressions"] = .array(
                    (topology["matchLabelExpressions"]?.elements ?? []).map {
                        ["key": $0["key"] ?? "", "operator": "In", "values": $0["values"] ?? []]
                    })
                return NodeSelectorTerm(term)
            }
            out.append(need)
        }
        return .ready(out)
    }

    private static func terms(of volume: JSON) -> [NodeSelectorTerm]? {
        volume["spec"]?["nodeAffinity"]?["required"]?["nodeSelectorTerms"].map {
            $0.elements.map(NodeSelectorTerm.init)
        }
    }

    static func verdict(_ needs: [VolumeNeed], _ node: NodeState) -> Verdict? {
        for need in needs where need.isBound {
            if let terms = need.boundTerms,
                !NodeSelectorTerm.any(terms, labels: node.facts.labels, name: node.facts.name)
            {
                return Verdict("VolumeBinding", ["node(s) didn't match PersistentVolume's node affinity"], final: true)
            }
        }
        return choice(needs, node) == nil
            ? Verdict("VolumeBinding", ["node(s) didn't find available persistent volumes to bind"], final: true) : nil
    }

    /// The volume that each unbound claim would take on that node, empty where one would be provisioned; nil when one goes without.
    static func choice(_ needs: [VolumeNeed], _ node: NodeState) -> [(claim: String, volume: String)]? {
        var taken: Set<String> = []
        var out: [(claim: String, volume: String)] = []
        for need in needs where !need.isBound {
            let found = need.candidates.first { candidate in
                !taken.contains(candidate.volume)
                    && candidate.terms.map {
                        NodeSelectorTerm.any($0, labels: node.facts.labels, name: node.facts.name)
                    } ?? true
            }
            if let found {
                taken.insert(found.volume)
                out.append((need.claim, found.volume))
            } else if need.isProvisioned,
                need.allowedTopologies.isEmpty
                    || NodeSelectorTerm.any(need.allowedTopologies, labels: node.facts.labels, name: node.facts.name)
            {
                out.append((need.claim, ""))
            } else {
                return nil
            }
        }
        return out
    }
}
