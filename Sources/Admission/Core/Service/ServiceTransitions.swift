import Document

/// What a client leaves out when it changes a Service: given values are kept while they apply, and dropped when they no longer do.
enum ServiceTransitions {
    /// `clusterIP` and the first of `clusterIPs` are one value; a client may know only the former.
    static func alignAddresses(_ service: inout JSON, old: JSON?) {
        let single = service["spec"]?.text("clusterIP") ?? ""
        let all = service["spec"]?.list("clusterIPs") ?? []
        guard let old else {
            if !single.isEmpty, all.isEmpty { service["spec", "clusterIPs"] = [.string(single)] }
            return
        }
        let oldSingle = old["spec"]?.text("clusterIP") ?? ""
        let oldAll = old["spec"]?.list("clusterIPs") ?? []
        if single == oldSingle {
            if all.isEmpty, !oldAll.isEmpty { service["spec", "clusterIPs"] = .array(oldAll) }
        } else if all == oldAll {
            service["spec", "clusterIPs"] = single.isEmpty ? Optional.none : [.string(single)]
        }
    }

    static func keepAllocated(_ service: inout JSON, old: JSON) {
        let (new, was) = (ServiceFields(service), ServiceFields(old))
        if new.needsClusterIP, was.needsClusterIP {
            if new.spec.text("clusterIP").isEmpty { service["spec", "clusterIP"] = was.spec["clusterIP"] }
            if new.clusterIPs.isEmpty {
                service["spec", "clusterIPs"] = was.spec["clusterIPs"]
            }
        }
        if new.needsNodePort, was.needsNodePort {
            var used = Set(was.nodePorts).intersection(new.nodePorts)
            var known: [String: Int64] = [:]
            for port in was.spec.list("ports") { known[port.text("name")] = port.integer("nodePort") ?? 0 }
            service.modify("spec") { spec in
                spec.modify("ports") { ports in
                    ports.modifyElements { _, port in
                        guard (port.integer("nodePort") ?? 0) == 0, let before = known[port.text("name")], before != 0
                        else { return }
                        if used.insert(before).inserted { port["nodePort"] = .int(before) }
                    }
                }
            }
        }
        if new.needsHealthCheck, was.needsHealthCheck, (new.spec.integer("healthCheckNodePort") ?? 0) == 0 {
            service["spec", "healthCheckNodePort"] = was.spec["healthCheckNodePort"]
        }
    }

    /// Values that the new type has no use for go, unless the client set them anew.
    static func dropUnneeded(_ service: inout JSON, old: JSON) {
        let (new, was) = (ServiceFields(service), ServiceFields(old))
        func drop(_ keys: [String], if condition: Bool) {
            guard condition else { return }
            for key in keys { service["spec", key] = nil }
        }
        func isSame(_ key: String) -> Bool { Semantics.equal(new.spec[key], was.spec[key]) }
        if was.needsClusterIP, !new.needsClusterIP {
            drop(["clusterIP", "clusterIPs"], if: isSame("clusterIP") && isSame("clusterIPs"))
            drop(["ipFamilies"], if: isSame("ipFamilies"))
            drop(["ipFamilyPolicy"], if: isSame("ipFamilyPolicy"))
            drop(["internalTrafficPolicy"], if: isSame("internalTrafficPolicy"))
        }
        if was.needsNodePort, !new.needsNodePort, Set(new.nodePorts) == Set(was.nodePorts) {
            service.modify("spec") { spec in
                spec.modify("ports") { ports in ports.modifyElements { _, port in port["nodePort"] = nil } }
            }
        }
        if was.needsHealthCheck, !new.needsHealthCheck {
            drop(["healthCheckNodePort"], if: isSame("healthCheckNodePort"))
        }
        if was.isLoadBalancer, !new.isLoadBalancer {
            drop(["allocateLoadBalancerNodePorts"], if: isSame("allocateLoadBalancerNodePorts"))
            drop(["loadBalancerClass"], if: isSame("loadBalancerClass"))
        }
        if was.isExternallyAccessible, !new.isExternallyAccessible {
            drop(["externalTrafficPolicy"], if: isSame("externalTrafficPolicy"))
        }
    }
}
