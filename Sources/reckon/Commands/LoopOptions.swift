import Addresses
import ArgumentParser
import Controllers

/// How controllers run: what kube-controller-manager has flags for.
struct LoopOptions: ParsableArguments {
    @Option(
        name: .customLong("cluster-cidr"),
        help: "Where Nodes that bring no pod range of their own get one from: 10.244.0.0/16. Without it they get none.")
    var clusterCIDR: String?

    @Option(name: .customLong("node-cidr-mask-size"), help: "The prefix of a Node's pod range.")
    var nodeMask = 24

    func validate() throws {
        guard let clusterCIDR, nodeRanges == nil else { return }
        throw ValidationError(
            "--cluster-cidr wants an IPv4 range that holds at most 65536 ranges of --node-cidr-mask-size (/\(nodeMask)), for example 10.244.0.0/16; it was \"\(clusterCIDR)\""
        )
    }

    var nodeRanges: NodeIPAMController? {
        clusterCIDR.flatMap { AddressRange($0) }.flatMap { NodeIPAMController(range: $0, prefixLength: nodeMask) }
    }
}
