import Addresses
import ClusterState
import Document
import Schema

/// Gives Services their cluster address and node ports, from what no other Service holds.
enum ServiceAllocation {
    private static let portTaken = "provided port is already allocated"

    static func allocate(_ service: inout JSON, old: JSON?, _ context: inout WriteContext) throws(APIError) {
        let fields = ServiceFields(service)
        let was = old.map(ServiceFields.init)
        let wantsAddress =
            fields.needsClusterIP && !fields.isHeadless && fields.clusterIPs != (was?.clusterIPs ?? [])
            || fields.needsClusterIP && fields.clusterIPs.isEmpty
        let keepsAddress = (was?.needsClusterIP ?? false) && !(was?.clusterIPs.isEmpty ?? true)
        if wantsAddress, !keepsAddress { try allocateAddress(&service, &context) }
        if fields.needsNodePort { try allocatePorts(&service, was: was, &context) }
        if fields.needsHealthCheck { try allocateHealthCheck(&service, was: was, &context) }
    }

    // MARK: addresses

    private static func allocateAddress(_ service: inout JSON, _ context: inout WriteContext) throws(APIError) {
        let shown: JSON =
            service["spec"]?.list("clusterIPs").isEmpty ?? true ? [""] : service["spec", "clusterIPs"] ?? .null
        func refuse(_ detail: String) -> APIError {
            ServiceFamilies.invalid(service, [.invalid("spec.clusterIPs", shown, detail)])
        }
        let ranges = ServiceRanges.ready(context)
        let name = service["metadata"]?.text("name") ?? ""
        let used = ServicesInUse(context.state)
        if let asked = ServiceFields(service).clusterIPs.first {
            guard let address = IPAddress(asked), ranges.contains(where: { $0.contains(address) }) else {
                throw refuse("failed to allocate IP \(asked): the provided network does not match the current range")
            }
            if used.hold(address: address.ipv4 ?? 0) {
                throw refuse("failed to allocate IP \(asked): provided IP is already allocated")
            }
            return
        }
        var free: UInt32?
        for range in ranges where free == nil { free = pick(from: range, used: used, &context.random) }
        guard let picked = free else { throw refuse("failed to allocate IP: range is full") }
        let text = IPAddress(ipv4: picked).text
        if name.isEmpty {
            throw refuse(
                "failed to allocate IP: IPAddress.networking.k8s.io \"\(text)\" is invalid: spec.parentRef.name: Required value"
            )
        }
        service["spec", "clusterIP"] = .string(text)
        service["spec", "clusterIPs"] = [.string(text)]
    }

    /// A free address. The low end of the range is left to those who ask for a certain address, as long as there are others.
    private static func pick(from range: AddressRange, used: ServicesInUse, _ random: inout RandomSequence) -> UInt32? {
        guard let base = range.base.ipv4 else { return nil }
        let size = UInt32(truncatingIfNeeded: UInt64(1) << UInt64(32 - range.prefixLength))
        guard size > 2 else { return nil }
        let usable = size - 2
        let low = usable <= 16 ? 0 : min(max(16, usable / 16), 256)
        func free(_ from: UInt32, _ count: UInt32) -> UInt32? {
            guard count > 0 else { return nil }
            let start = UInt32(truncatingIfNeeded: random.next() % UInt64(count))
            for step in 0..<count {
                let candidate = base &+ 1 &+ from &+ (start &+ step) % count
                if !used.hold(address: candidate) { return candidate }
            }
            return nil
        }
        return free(low, usable - low) ?? free(0, low)
    }

    // MARK: ports

    private static func allocatePorts(_ service: inout JSON, was: ServiceFields?, _ context: inout WriteContext)
        throws(APIError)
    {
        let fields = ServiceFields(service)
        var ports = fields.spec.list("ports")
        let kept = Set(was?.needsNodePort ?? false ? was?.nodePorts ?? [] : [])
        let needsSearch = ports.contains { port in
            let number = port.integer("nodePort") ?? 0
            return number == 0 ? fields.allocatesNodePorts : !kept.contains(number)
        }
        guard needsSearch else { return }
        let used = ServicesInUse(context.state, except: service["metadata"])
        var taken: Set<Int64> = []
        var given: [Int64: Int64] = [:]
        var claimed: Set<String> = []
        let isDryRun = context.isDryRun
        func claim(_ number: Int64, _ port: JSON, _ path: String) -> FieldError? {
            let range = context.settings.nodePorts
            // A dry run asks no allocator, which alone knows the range.
            if !isDryRun, !range.contains(Int(number)) {
                return .invalid(
                    path, .int(number),
                    "provided port is not in the valid range. The range of valid ports is \(range.lowerBound)-\(range.upperBound)"
                )
            }
            if taken.contains(number) || used.hold(port: number) { return .invalid(path, .int(number), portTaken) }
            claimed.insert("\(port.text("protocol"))/\(number)")
            return nil
        }
        for (i, port) in ports.enumerated() {
            let asked = port.integer("nodePort") ?? 0
            if asked == 0, !fields.allocatesNodePorts { continue }
            if asked != 0, kept.contains(asked) { continue }
            let number = port.integer("port") ?? 0
            let path = "spec.ports[\(i)].nodePort"
            if asked == 0, let same = given[number] {
                // One number for both protocols of a port.
                ports[i]["nodePort"] = .int(same)
                continue
            }
            var wanted = asked
            if wanted == 0 {
                wanted =
                    ports[(i + 1)...].first { $0.integer("port") == number && ($0.integer("nodePort") ?? 0) != 0 }?
                    .integer("nodePort") ?? 0
            }
            if wanted != 0 {
                if given[number] != wanted, let error = claim(wanted, port, path) {
                    throw ServiceFamilies.invalid(service, [error])
                }
            } else {
                guard let free = pickPort(context.settings.nodePorts, taken, used, &context.random) else {
                    throw APIError.internalError("failed to allocate a nodePort: range is full")
                }
                wanted = free
            }
            taken.insert(wanted)
            given[number] = wanted
            ports[i]["nodePort"] = .int(wanted)
            // The same number may serve another protocol of this very service.
            if ports[(i + 1)...].contains(where: { $0.integer("nodePort") == wanted && $0.integer("port") != number }) {
                taken.remove(wanted)
            }
        }
        service["spec", "ports"] = .array(ports)
    }

    private static func allocateHealthCheck(
        _ service: inout JSON, was: ServiceFields?, _ context: inout WriteContext
    ) throws(APIError) {
        let asked = service["spec"]?.integer("healthCheckNodePort") ?? 0
        if asked != 0, was?.spec.integer("healthCheckNodePort") == asked { return }
        let used = ServicesInUse(context.state, except: service["metadata"])
        let taken = Set(ServiceFields(service).nodePorts)
        if asked != 0 {
            if taken.contains(asked) || used.hold(port: asked) {
                throw APIError.internalError("failed to allocate requested HealthCheck NodePort \(asked): \(portTaken)")
            }
            // A dry run takes ports of other ranges, and what is no port is refused with everything else.
            if !context.settings.nodePorts.contains(Int(asked)), !context.isDryRun, (1...65535).contains(asked) {
                let range = context.settings.nodePorts
                throw APIError.internalError(
                    "failed to allocate requested HealthCheck NodePort \(asked): provided port is not in the valid range. "
                        + "The range of valid ports is \(range.lowerBound)-\(range.upperBound)")
            }
            return
        }
        guard let port = pickPort(context.settings.nodePorts, taken, used, &context.random) else {
            throw APIError.internalError("failed to allocate a HealthCheck NodePort: range is full")
        }
        service["spec", "healthCheckNodePort"] = .int(port)
    }

    private static func pickPort(
        _ range: ClosedRange<Int>, _ taken: Set<Int64>, _ used: ServicesInUse, _ random: inout RandomSequence
    ) -> Int64? {
        let low = range.count < 32 ? 0 : min(max(16, range.count / 32), 128)
        func free(_ from: Int, _ count: Int) -> Int64? {
            guard count > 0 else { return nil }
            let start = Int(random.next() % UInt64(count))
            for step in 0..<count {
                let candidate = Int64(range.lowerBound + from + (start + step) % count)
                if !taken.contains(candidate), !used.hold(port: candidate) { return candidate }
            }
            return nil
        }
        return free(low, range.count - low) ?? free(0, low)
    }
}
