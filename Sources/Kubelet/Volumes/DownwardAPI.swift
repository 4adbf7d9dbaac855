import Document

/// Fields of the pod and its containers' resources as text, for variables and files.
struct DownwardAPI {
    let pod: PodFacts
    let reader: ClusterReader
    let addresses: [String]
    let nodeAddresses: [String]
    let nodeName: String

    /// `metadata.labels['app']`, `status.podIP`, …; nil for a path that does not exist.
    func field(_ path: String) -> String? {
        if path.hasSuffix("']"), let open = path.range(of: "['") {
            let key = String(path[open.upperBound...].dropLast(2))
            switch path[..<open.lowerBound] {
            case "metadata.labels": return pod.object["metadata", "labels", key]?.string ?? ""
            case "metadata.annotations": return pod.object["metadata", "annotations", key]?.string ?? ""
            default: return nil
            }
        }
        switch path {
        case "metadata.name": return pod.name
        case "metadata.namespace": return pod.namespace
        case "metadata.uid": return pod.uid
        case "metadata.labels": return DownwardAPI.list(pod.object["metadata", "labels"])
        case "metadata.annotations": return DownwardAPI.list(pod.object["metadata", "annotations"])
        case "spec.nodeName": return nodeName
        case "spec.serviceAccountName": return pod.spec["serviceAccountName"]?.string ?? ""
        case "status.hostIP": return nodeAddresses.first ?? ""
        case "status.hostIPs": return nodeAddresses.joined(separator: ",")
        case "status.podIP": return addresses.first ?? ""
        case "status.podIPs": return addresses.joined(separator: ",")
        default: return nil
        }
    }

    /// A `resourceFieldRef`: rounded up in units of its divisor; the node's capacity where the container has no limit.
    func resource(_ reference: JSON, ownContainer: String) -> String {
        let name = reference["containerName"]?.string ?? ownContainer
        let parts = (reference["resource"]?.string ?? "").split(separator: ".", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return "" }
        let (list, resource) = (parts[0], parts[1])
        var value = pod.container(name)?["resources", list, resource].flatMap { Quantity($0) }
        if value == nil, list == "limits" {
            value = reader.node(nodeName)?["status", "allocatable", resource].flatMap { Quantity($0) }
        }
        let amount = value ?? .zero
        var divisor = reference["divisor"].flatMap { Quantity($0) } ?? .zero
        if divisor.isZero { divisor = Quantity(1) }
        let (whole, rest) = amount.billionths.quotientAndRemainder(dividingBy: divisor.billionths)
        return "\(rest > 0 ? whole + 1 : whole)"
    }

    /// `key="value"` lines, in the order of the keys.
    private static func list(_ map: JSON?) -> String {
        (map?.entries.stringPairs ?? []).map { pair in
            var quoted = "\""
            for scalar in pair.value.unicodeScalars {
                switch scalar {
                case "\"": quoted += "\\\""
                case "\\": quoted += "\\\\"
                case "\n": quoted += "\\n"
                case "\t": quoted += "\\t"
                case "\r": quoted += "\\r"
                default: quoted.unicodeScalars.append(scalar)
                }
            }
            return "\(pair.key)=\(quoted)\""
        }.joined(separator: "\n")
    }
}
