import Document

/// Texts of `Warning` headers for pods and pod templates: what is accepted but surely not meant, or on its way out.
enum PodWarnings {
    private static let oldNodeLabels = [
        "beta.kubernetes.io/arch": "deprecated since v1.14; use \"kubernetes.io/arch\" instead",
        "beta.kubernetes.io/os": "deprecated since v1.14; use \"kubernetes.io/os\" instead",
        "failure-domain.beta.kubernetes.io/region":
            "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead",
        "failure-domain.beta.kubernetes.io/zone": "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead",
        "beta.kubernetes.io/instance-type": "deprecated since v1.17; use \"node.kubernetes.io/instance-type\" instead",
    ]
    private static let goneVolumes = [
        ("photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"),
        ("gitRepo", "deprecated in v1.11, and disabled by default in v1.33+"),
        ("scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
        ("flocker", "deprecated in v1.22, non-functional in v1.25+"),
        ("storageos", "deprecated in v1.22, non-functional in v1.25+"),
        ("quobyte", "deprecated in v1.22, non-functional in v1.25+"),
        ("glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
        ("cephfs", "deprecated in v1.28, non-functional in v1.31+"),
        ("rbd", "deprecated in v1.28, non-functional in v1.31+"),
    ]

    static func ofName(_ pod: JSON) -> [String] {
        let wrong = Names.dnsLabel(pod["metadata"]?.text("name") ?? "")
        if wrong.isEmpty { return [] }
        return [
            "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: "
                + "[\(wrong.joined(separator: " "))]"
        ]
    }

    static func ofTemplate(_ template: JSON?, path: String, old: JSON?) -> [String] {
        guard let template else { return [] }
        return ofSpec(template["spec"] ?? [:], metadata: template["metadata"], path: path + ".spec", old: old?["spec"])
    }

    static func ofSpec(_ spec: JSON, metadata: JSON?, path: String, old: JSON?) -> [String] {
        var out: [String] = []
        var repeated: [String] = []
        for (key, _) in spec["nodeSelector"]?.entries ?? JSONObject() {
            if let note = oldNodeLabels[key] { out.append("\(path).nodeSelector[\(key)]: \(note)") }
        }
        ofNodeAffinity(spec["affinity", "nodeAffinity"], path: path + ".affinity.nodeAffinity", &out)
        for (i, constraint) in spec.list("topologySpreadConstraints").enumerated() {
            let at = "\(path).topologySpreadConstraints[\(i)]"
            if let note = oldNodeLabels[constraint.text("topologyKey")] {
                out.append("\(at).topologyKey: \(constraint.text("topologyKey")) is \(note)")
            }
            if !constraint.has("labelSelector") {
                out.append("\(at).labelSelector: a null labelSelector results in matching no pod")
            }
        }
        var addresses: Set<String> = []
        for (i, alias) in spec.list("hostAliases").enumerated() {
            let address = alias.text("ip")
            if !addresses.insert(address).inserted {
                repeated.append("\(path).hostAliases[\(i)].ip: duplicate ip \"\(address)\"")
            }
            out += AddressRules.warnings(forIP: alias.text("ip"), path: "\(path).hostAliases[\(i)].ip")
        }
        for (i, server) in (spec["dnsConfig"]?.list("nameservers") ?? []).enumerated() {
            out += AddressRules.warnings(forIP: server.string ?? "", path: "\(path).dnsConfig.nameservers[\(i)]")
        }
        ofVolumes(spec.list("volumes"), path: path + ".volumes", &out)
        for volume in spec.list("volumes") {
            ofPaths(volume, &out)
            for source in volume["projected"]?.list("sources") ?? [] where source.entries.isEmpty {
                out.append("volume \"\(volume.text("name"))\" (Projected) has no sources provided")
            }
        }
        ofPullSecrets(spec.list("imagePullSecrets"), path: path + ".imagePullSecrets", &out)
        out += repeated
        if let old, spec == old {
        } else {
            for (container, place) in WindowsValidation.containers(spec) {
                ofContainer(container, path: place.under(path), &out)
            }
            ofPortNames(spec, path: path, &out)
        }
        if spec.has("overhead") { ofAmounts(spec["overhead"], path: path + ".overhead", &out) }
        if spec.integer("terminationGracePeriodSeconds").map({ $0 < 0 }) ?? false {
            out.append(
                "\(path).terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1"
            )
        }
        for key in ["podAffinity", "podAntiAffinity"] {
            ofPodAffinity(spec["affinity", key], path: "\(path).affinity.\(key)", &out)
        }
        ofAnnotations(metadata?["annotations"], spec: spec, &out)
        return out
    }

    /// A term without a selector is about no pods.
    private static func ofPodAffinity(_ affinity: JSON?, path: String, _ out: inout [String]) {
        guard let affinity, !affinity.isNull else { return }
        let note = "labelSelector: a null labelSelector results in matching no pod"
        let (required, preferred) = (
            "requiredDuringSchedulingIgnoredDuringExecution", "preferredDuringSchedulingIgnoredDuringExecution"
        )
        for (i, term) in affinity.list(required).enumerated() where !term.has("labelSelector") {
            out.append("\(path).\(required)[\(i)].\(note)")
        }
        for (i, term) in affinity.list(preferred).enumerated()
        where !(term["podAffinityTerm"]?.has("labelSelector") ?? false) {
            out.append("\(path).\(preferred)[\(i)].podAffinityTerm.\(note)")
        }
    }

    private static func ofNodeAffinity(_ affinity: JSON?, path: String, _ out: inout [String]) {
        guard let affinity, !affinity.isNull else { return }
        func terms(_ list: [JSON], _ path: String) {
            for (i, term) in list.enumerated() {
                for (j, requirement) in term.list("matchExpressions").enumerated() {
                    guard let note = oldNodeLabels[requirement.text("key")] else { continue }
                    out.append("\(path)[\(i)].matchExpressions[\(j)].key: \(requirement.text("key")) is \(note)")
                }
            }
        }
        let required = "requiredDuringSchedulingIgnoredDuringExecution"
        terms(affinity[required, "nodeSelectorTerms"]?.elements ?? [], "\(path).\(required).nodeSelectorTerms")
        for (i, term) in affinity.list("preferredDuringSchedulingIgnoredDuringExecution").enumerated() {
            for (j, requirement) in (term["preference"]?.list("matchExpressions") ?? []).enumerated() {
                let at =
                    "\(path).preferredDuringSchedulingIgnoredDuringExecution[\(i)].preference.matchExpressions[\(j)]"
                // What one would like of nodes may be nonsense, and then no node is like it.
                for (k, value) in (requirement["values"]?.strings ?? []).enumerated() {
                    for wrong in Names.labelValue(value) {
                        out.append("\(at).values[\(k)]: \(value) is invalid, \(wrong)")
                    }
                }
                guard let note = oldNodeLabels[requirement.text("key")] else { continue }
                out.append(
                    "\(path).preferredDuringSchedulingIgnoredDuringExecution[\(i)].preference.matchExpressions[\(j)].key: "
                        + "\(requirement.text("key")) is \(note)")
            }
        }
    }

    private static func ofVolumes(_ volumes: [JSON], path: String, _ out: inout [String]) {
        for (i, volume) in volumes.enumerated() {
            for (key, note) in goneVolumes where volume.has(key) {
                out.append("\(path)[\(i)].\(key == "storageos" ? "storageOS" : key): \(note)")
            }
        }
    }

    /// Files of a volume that have one path: the last of them is there.
    private static func ofPaths(_ volume: JSON, _ out: inout [String]) {
        for (key, kind, naming) in [
            ("configMap", "ConfigMap", "name"), ("secret", "Secret", "secretName"), ("downwardAPI", "DownwardAPI", ""),
        ] {
            guard let source = volume.given(key) else { continue }
            let shown = naming.isEmpty ? "(\(kind))" : "(\(kind) \"\(source.text(naming))\")"
            var seen: Set<String> = []
            for item in source.list("items") {
                let path = item.text("path")
                if seen.insert(path).inserted { continue }
                out.append(
                    "volume \"\(volume.text("name"))\" \(shown): overlapping paths: \"\(path)\" with \"\(path)\"")
            }
        }
    }

    private static func ofPullSecrets(_ secrets: [JSON], path: String, _ out: inout [String]) {
        var seen: Set<String> = []
        for (i, secret) in secrets.enumerated() {
            let name = secret.text("name")
            if name.isEmpty { out.append("\(path)[\(i)].name: invalid empty name \"\"") }
            if !name.isEmpty, !seen.insert(name).inserted {
                out.append("\(path)[\(i)].name: duplicate name \"\(name)\"")
            }
        }
    }

    private static func ofContainer(_ container: JSON, path: String, _ out: inout [String]) {
        for kind in ["limits", "requests"] {
            ofAmounts(container["resources", kind], path: "\(path).resources.\(kind)", &out)
        }
        for (i, port) in container.list("ports").enumerated()
        where !port.text("hostIP").isEmpty && (port.integer("hostPort") ?? 0) == 0 {
            out.append(
                "\(path).ports[\(i)]: hostIP set without hostPort: {Name:\(port.text("name")) HostPort:0 "
                    + "ContainerPort:\(port.integer("containerPort") ?? 0) Protocol:\(port.text("protocol")) "
                    + "HostIP:\(port.text("hostIP"))}")
        }
        let variables = container.list("env")
        if variables.count < 2 { return }
        var names: [String: JSON] = [:]
        for (i, variable) in variables.enumerated() {
            let name = variable.text("name")
            if let previous = names[name] {
                let at =
                    "\(path).env[\(i)]: hides previous definition of \"\(name)\", which may be dropped when using apply"
                if !(variable.text("value").contains("$(\(name))")) || previous == variable { out.append(at) }
            }
            names[name] = variable
        }
    }

    private static func ofAmounts(_ list: JSON?, path: String, _ out: inout [String]) {
        for (name, value) in list?.entries ?? JSONObject()
        where name == "memory" || name == "ephemeral-storage" || ResourceNames.isHugePages(name) {
            let text = Amount(value).text
            if text.utf8.last == UInt8(ascii: "m") {
                out.append("\(path)[\(name)]: fractional byte value \"\(text)\" is invalid, must be an integer")
            }
        }
    }

    /// Two ports of one number and protocol: the second can never be reached by it.
    private static func ofPortNames(_ spec: JSON, path: String, _ out: inout [String]) {
        var count = 0
        for key in ["initContainers", "containers"] {
            for container in spec.list(key) { count += container.list("ports").count }
        }
        if count < 2 { return }
        var seen: [String: String] = [:]
        for key in ["initContainers", "containers"] {
            for (i, container) in spec.list(key).enumerated() {
                if key == "initContainers", container.text("restartPolicy") != "Always" { continue }
                var own: [String: Int] = [:]
                for (j, port) in container.list("ports").enumerated() {
                    let number = port.integer("containerPort") ?? 0
                    let id =
                        "\(port.text("protocol"))/\(number)/\(port.integer("hostPort") ?? 0)/\(port.text("hostIP"))"
                    let at = "\(path).\(key)[\(i)].ports[\(j)]"
                    if let first = own[id] {
                        out.append("\(at): duplicate port definition with \(path).\(key)[\(i)].ports[\(first)]")
                    } else if let first = seen[id] {
                        out.append("\(at): duplicate port definition with \(first)")
                    }
                    own[id] = own[id] ?? j
                    seen[id] = seen[id] ?? at
                }
            }
        }
    }

    private static func ofAnnotations(_ annotations: JSON?, spec: JSON, _ out: inout [String]) {
        for (key, _) in annotations?.entries ?? JSONObject() {
            if key.hasPrefix("container.apparmor.security.beta.kubernetes.io/") {
                out.append(
                    "metadata.annotations[\(key)]: deprecated since v1.30; use the \"appArmorProfile\" field instead")
            }
            if key == "seccomp.security.alpha.kubernetes.io/pod"
                || key.hasPrefix("container.seccomp.security.alpha.kubernetes.io/")
            {
                out.append(
                    "metadata.annotations[\(key)]: non-functional in v1.27+; use the \"seccompProfile\" field instead")
            }
        }
    }
}
