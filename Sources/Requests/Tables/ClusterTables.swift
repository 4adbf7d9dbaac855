import Document

extension PrinterTable {
    /// Kinds of groups that have one or two tables each.
    static func cluster(_ group: String, _ resource: String) -> PrinterTable? {
        switch (group, resource) {
        case ("coordination.k8s.io", "leases"): lease
        case ("coordination.k8s.io", "leasecandidates"): leaseCandidate
        case ("certificates.k8s.io", "certificatesigningrequests"): certificateSigningRequest
        case ("certificates.k8s.io", "clustertrustbundles"): clusterTrustBundle
        case ("scheduling.k8s.io", "priorityclasses"): priorityClass
        case ("node.k8s.io", "runtimeclasses"): runtimeClass
        case ("admissionregistration.k8s.io", _): admission(resource)
        case ("flowcontrol.apiserver.k8s.io", "flowschemas"): flowSchema
        case ("flowcontrol.apiserver.k8s.io", "prioritylevelconfigurations"): priorityLevel
        case ("resource.k8s.io", "deviceclasses"), ("resource.k8s.io", "resourceclaimtemplates"): nameAndAge
        case ("resource.k8s.io", "resourceclaims"): resourceClaim
        case ("resource.k8s.io", "resourceslices"): resourceSlice
        case ("apiregistration.k8s.io", "apiservices"): apiService
        default: nil
        }
    }

    static let lease = PrinterTable(columns: Columns.leases) { [$0.name, $0.text("spec", "holderIdentity"), $0.age] }

    static let leaseCandidate = PrinterTable(columns: Columns.leasecandidates) { row in
        [
            row.name, row.text("spec", "leaseName"), row.text("spec", "binaryVersion"),
            row.text("spec", "emulationVersion"), row.age,
        ]
    }

    static let certificateSigningRequest = PrinterTable(columns: Columns.certificatesigningrequests) { row in
        var status = "Pending"
        if row.condition("Denied") != nil {
            status = "Denied"
        } else if row.condition("Approved") != nil {
            status = "Approved"
        }
        if row.condition("Failed") != nil { status += ",Failed" }
        if !(row.object["status", "certificate"]?.string ?? "").isEmpty { status += ",Issued" }
        let seconds = row.object["spec", "expirationSeconds"]?.int
        return [
            row.name, row.age, row.text("spec", "signerName", none: "<none>"), row.text("spec", "username"),
            .string(seconds.map { HumanDuration.text(microseconds: $0 * 1_000_000) } ?? "<none>"), .string(status),
        ]
    }

    static let clusterTrustBundle = PrinterTable(columns: Columns.clustertrustbundles) { row in
        [row.name, row.text("spec", "signerName", none: "<none>")]
    }

    static let priorityClass = PrinterTable(columns: Columns.priorityclasses) { row in
        [row.name, row.number("value"), row.flag("globalDefault"), row.age, row.text("preemptionPolicy")]
    }

    static let runtimeClass = PrinterTable(columns: Columns.runtimeclasses) { [$0.name, $0.text("handler"), $0.age] }

    static let flowSchema = PrinterTable(columns: Columns.flowschemas) { row in
        [
            row.name, row.text("spec", "priorityLevelConfiguration", "name"), row.number("spec", "matchingPrecedence"),
            row.text("spec", "distinguisherMethod", "type", none: "<none>"), row.age,
            .string(row.condition("Dangling")?["status"]?.string ?? "?"),
        ]
    }

    static let priorityLevel = PrinterTable(columns: Columns.prioritylevelconfigurations) { row in
        func number(_ value: JSON?) -> JSON { value?.int.map { .int($0) } ?? "<none>" }
        let limited = row.object["spec", "limited"]
        let queuing = limited?["limitResponse", "queuing"]
        return [
            row.name, row.text("spec", "type"), number(limited?["nominalConcurrencyShares"]),
            number(queuing?["queues"]),
            number(queuing?["handSize"]), number(queuing?["queueLengthLimit"]), row.age,
        ]
    }

    static let resourceClaim = PrinterTable(columns: Columns.resourceclaims) { row in
        var states: [String] = []
        if row.isTerminating { states.append("deleted") }
        if row.object["status", "allocation"]?.object == nil {
            if !row.isTerminating { states.append("pending") }
        } else {
            states.append("allocated")
            if !(row.object["status", "reservedFor"]?.elements.isEmpty ?? true) { states.append("reserved") }
        }
        return [row.name, .string(states.joined(separator: ",")), row.age]
    }

    static let resourceSlice = PrinterTable(columns: Columns.resourceslices) { row in
        [row.name, row.text("spec", "nodeName"), row.text("spec", "driver"), row.text("spec", "pool", "name"), row.age]
    }

    static let apiService = PrinterTable(columns: Columns.apiservices) { row in
        var service = "Local"
        if let reference = row.object["spec", "service"], reference.object != nil {
            service = "\(reference["namespace"]?.string ?? "")/\(reference["name"]?.string ?? "")"
        }
        var status = "Unknown"
        if let available = row.condition("Available") {
            status = available["status"]?.string ?? ""
            if status != "True", let reason = available["reason"]?.string, !reason.isEmpty { status += " (\(reason))" }
        }
        return [row.name, .string(service), .string(status), row.age]
    }
}
