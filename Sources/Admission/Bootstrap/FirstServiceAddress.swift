import Addresses

extension Bootstrap {
    /// The address of the Service `kubernetes`: the first of the range. nil when the range cannot be read.
    public static func firstServiceAddress(_ settings: ClusterSettings) -> String? {
        AddressRange(settings.serviceClusterIPRange)?.base.ipv4.map { IPAddress(ipv4: $0 + 1).text }
    }
}
