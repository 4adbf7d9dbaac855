extension Kubelet {
    /// What other machines and pods reach this node by.
    public var nodeAddress: String { settings.nodeAddress }
}
