public import Document

/// What an IPAddress object is that stands for the cluster address of a Service (networking.k8s.io/v1, managed by
/// `ipallocator.k8s.io`).
public enum ServiceAddress {
    public static let group = "networking.k8s.io"
    public static let resource = "ipaddresses"
    static let familyLabel = "ipaddress.kubernetes.io/ip-family"
    static let managerLabel = "ipaddress.kubernetes.io/managed-by"

    /// Whether the server made it for a Service; others belong to whoever made them.
    public static func isManaged(_ object: JSON) -> Bool {
        object["metadata", "labels", managerLabel]?.string == "ipallocator.k8s.io"
    }

    /// The Service that it says it stands for; nil when it names something else.
    public static func service(of object: JSON) -> (namespace: String, name: String)? {
        let parent = object["spec", "parentRef"] ?? .null
        guard parent["resource"]?.string == "services", (parent["group"]?.string ?? "").isEmpty else { return nil }
        return (parent["namespace"]?.string ?? "", parent["name"]?.string ?? "")
    }

    /// The addresses that a Service holds.
    public static func held(by service: JSON) -> [String] {
        guard service["spec", "type"]?.string != "ExternalName" else { return [] }
        return (service["spec", "clusterIPs"]?.strings ?? []).filter { $0 != "None" && !$0.isEmpty }
    }

    /// The object for an address of a Service, without what the server adds to any object.
    public static func object(_ address: String, namespace: String, name: String) -> JSON {
        [
            "apiVersion": "networking.k8s.io/v1", "kind": "IPAddress",
            "metadata": [
                "name": .string(address),
                "labels": [
                    familyLabel: .string(family(of: address)), managerLabel: "ipallocator.k8s.io",
                ],
            ],
            "spec": [
                "parentRef": ["resource": "services", "namespace": .string(namespace), "name": .string(name)]
            ],
        ]
    }

    /// Whether its labels are those that `object` gives.
    public static func isLabelled(_ object: JSON) -> Bool {
        let name = object["metadata", "name"]?.string ?? ""
        return isManaged(object) && object["metadata", "labels", familyLabel]?.string == family(of: name)
    }

    /// `IPv4` or `IPv6`.
    public static func family(of address: String) -> String {
        address.utf8.contains(UInt8(ascii: ":")) ? "IPv6" : "IPv4"
    }
}
