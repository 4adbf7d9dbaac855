import Document
import Records

/// The slices of one service and address family: what there are against what there should be.
struct SliceSet {
    static let managedBy = "endpointslice.kubernetes.io/managed-by"
    static let serviceName = "kubernetes.io/service-name"
    static let controller = "endpointslice-controller.k8s.io"
    static let mirroringController = "endpointslicemirroring-controller.k8s.io"
    /// `--max-endpoints-per-slice`.
    static let capacity = 100

    struct Group {
        var ports: [JSON]
        var endpoints: [JSON]
    }
    var owner: JSON
    var ownerKind: String
    var addressType: String
    var labels: JSONObject
    var annotations: JSONObject
    var existing: [JSON]
    var groups: [Group]
    /// Mirrored services without endpoints have no slice at all.
    var keepsPlaceholder = true

    func write(_ work: inout Work) {
        var creates: [(ports: [JSON], endpoints: [JSON])] = []
        var updates: [(slice: JSON, ports: [JSON], endpoints: [JSON])] = []
        var spare: [JSON] = []
        var kept = 0
        for slice in existing where !groups.contains(where: { same($0.ports, slice) }) { spare.append(slice) }
        for group in groups {
            // Endpoints stay where they are; new ones fill the slices that are written anyway, then others with room.
            var missing = group.endpoints
            var slices: [(slice: JSON, endpoints: [JSON], changed: Bool)] = []
            for slice in existing where same(group.ports, slice) {
                var list: [JSON] = []
                var changed = slice.objectLabels != labels || !hasAnnotations(slice)
                for endpoint in slice["endpoints"]?.elements ?? [] {
                    if let place = missing.firstIndex(where: { identity($0) == identity(endpoint) }) {
                        if missing[place] != endpoint { changed = true }
                        list.append(missing.remove(at: place))
                    } else {
                        changed = true
                    }
                }
                slices.append((slice, list, changed))
            }
            for i in slices.indices.sorted(by: { slices[$0].changed && !slices[$1].changed }) where !missing.isEmpty {
                let room = Self.capacity - slices[i].endpoints.count
                if room <= 0 || slices[i].endpoints.isEmpty { continue }
                slices[i].endpoints += missing.prefix(room)
                slices[i].changed = true
                missing.removeFirst(min(room, missing.count))
            }
            for entry in slices {
                if entry.endpoints.isEmpty {
                    spare.append(entry.slice)
                } else {
                    kept += 1
                    if entry.changed { updates.append((entry.slice, group.ports, entry.endpoints)) }
                }
            }
            while !missing.isEmpty {
                creates.append((group.ports, Array(missing.prefix(Self.capacity))))
                missing.removeFirst(min(Self.capacity, missing.count))
            }
        }
        if keepsPlaceholder, kept == 0, creates.isEmpty { creates.append(([], [])) }
        // What would be created takes the place of what would be deleted.
        while let create = creates.first, let slice = spare.first {
            creates.removeFirst()
            spare.removeFirst()
            updates.append((slice, create.ports, create.endpoints))
        }
        work.decision = [
            "owner": .string(owner.objectName), "endpoints": .int(Int64(groups.reduce(0) { $0 + $1.endpoints.count })),
            "created": .int(Int64(creates.count)), "updated": .int(Int64(updates.count)),
            "deleted": .int(Int64(spare.count)),
        ]
        for create in creates {
            var made: JSON = [
                "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
                "metadata": [
                    "generateName": .string(owner.objectName + "-"), "namespace": .string(owner.objectNamespace),
                    "labels": .object(labels),
                    "ownerReferences": [OwnerReference.controller(of: owner, apiVersion: "v1", kind: ownerKind)],
                ],
                "addressType": .string(addressType),
            ]
            if !annotations.isEmpty { made["metadata", "annotations"] = .object(annotations) }
            fill(&made, create.ports, create.endpoints)
            work.create("endpointslices", made, tolerating: [403, 404])
        }
        for update in updates {
            var changed = update.slice
            changed["metadata", "labels"] = .object(labels)
            for (key, value) in annotations { changed["metadata", "annotations", key] = value }
            fill(&changed, update.ports, update.endpoints)
            if changed != update.slice { work.update("endpointslices", changed, tolerating: [404]) }
        }
        for slice in spare {
            work.delete(
                "discovery.k8s.io/v1", "endpointslices", slice.objectNamespace, slice.objectName, uid: slice.objectUID)
        }
    }

    private func fill(_ slice: inout JSON, _ ports: [JSON], _ endpoints: [JSON]) {
        slice["endpoints"] = endpoints.isEmpty ? .null : .array(endpoints)
        slice["ports"] = ports.isEmpty ? .null : .array(ports)
    }
    private func same(_ ports: [JSON], _ slice: JSON) -> Bool { slice["ports"]?.elements ?? [] == ports }
    private func hasAnnotations(_ slice: JSON) -> Bool {
        annotations.stringPairs.allSatisfy { slice.annotation($0.key) == $0.value }
    }
    private func identity(_ endpoint: JSON) -> String {
        (endpoint["targetRef"]?["uid"]?.string ?? "") + "/"
            + (endpoint["addresses"]?.strings.joined(separator: ",") ?? "")
    }
}
