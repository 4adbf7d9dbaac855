/// What a kubelet must know before it starts.
public struct KubeletConfiguration: Sendable {
    /// The Node object's name.
    public var nodeName: String
    /// Everything of the node lives in here: containerd's data, pod volumes, logs.
    public var directory: String
    /// A running containerd's socket; nil lets the kubelet run its own under `directory`.
    public var runtimeSocket: String?
    /// `192.0.2.7`: what other machines reach this one by; empty lets the kubelet look.
    public var nodeAddress = ""
    /// Where pod addresses come from.
    public var podCIDR = "10.244.0.0/24"
    /// The addresses of the cluster's DNS service; none makes `ClusterFirst` pods use the node's resolver.
    public var clusterDNS: [String] = []
    public var clusterDomain = "cluster.local"
    public var podsMax = 110
    /// Extra labels of the Node object, `topology.kubernetes.io/zone` and the like.
    public var labels: [(key: String, value: String)] = []
    /// Reckon's own version, `v1.36.2+reckon.1`: the Node's `kubeletVersion`.
    public var version = "v1.36.2"
    /// The kubelet's own HTTPS API; nil serves none.
    public var serving: KubeletServing?

    public init(nodeName: String, directory: String) {
        self.nodeName = nodeName
        self.directory = directory
    }

    /// Pod volumes and container files.
    var podsDirectory: String { directory + "/pods" }
    /// Container logs, `NAMESPACE_NAME_UID/CONTAINER/ATTEMPT.log` beneath.
    var logsDirectory: String { directory + "/logs" }
    var containerdDirectory: String { directory + "/containerd" }
}

/// Why a node cannot start; the message says what is missing and what to do.
public struct KubeletError: Error, CustomStringConvertible, Sendable {
    public let message: String
    public init(_ message: String) { self.message = message }
    public var description: String { message }
}
