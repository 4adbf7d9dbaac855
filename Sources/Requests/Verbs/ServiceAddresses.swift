import Addresses
import Admission
import ClusterState
import Document
import Patching
import Records
import Schema

/// IPAddress objects come and go with the cluster addresses of Services, in the very event that gives or takes those.
extension Write {
    private static let addressStore = GroupResource(group: ServiceAddress.group, resource: ServiceAddress.resource)
    private static func addressKey(_ address: String) -> ObjectKey {
        ObjectKey(group: ServiceAddress.group, resource: ServiceAddress.resource, namespace: "", name: address)
    }

    /// What the changes of Services among these mean for IPAddress objects.
    mutating func addressChanges(of changes: [(Change, JSON)]) -> [(Change, JSON)] {
        var out: [(Change, JSON)] = []
        for (change, service) in changes where change.key.resource == "services" && change.key.group.isEmpty {
            let before = ground.state.object(change.key).map { ServiceAddress.held(by: $0.document) } ?? []
            let after = change.kind == .deleted ? [] : ServiceAddress.held(by: service)
            for address in before where !after.contains(address) {
                if let gone = released(address, by: change.key) { out.append(gone) }
            }
            for address in after where !before.contains(address) {
                if let made = taken(address, by: change.key) { out.append(made) }
            }
        }
        return out
    }

    private func released(_ address: String, by service: ObjectKey) -> (Change, JSON)? {
        let place = Self.addressKey(address)
        guard let stored = ground.state.object(place) else { return nil }
        var object = stored.document
        guard ServiceAddress.isManaged(object), let holder = ServiceAddress.service(of: object),
            holder.namespace == service.namespace, holder.name == service.name
        else { return nil }
        object["metadata", "resourceVersion"] = .string(resourceVersion)
        let change = Change(
            kind: .deleted, key: place, uid: stored.uid, previousRevision: stored.revision, body: object.encoded())
        return (change, object)
    }

    private mutating func taken(_ address: String, by service: ObjectKey) -> (Change, JSON)? {
        let place = Self.addressKey(address)
        guard ground.state.object(place) == nil, let type = ground.catalog.stored(Self.addressStore) else {
            return nil
        }
        var object = ServiceAddress.object(address, namespace: service.namespace, name: service.name)
        let uid = random.uuid()
        object["metadata", "uid"] = .string(uid)
        object["metadata", "creationTimestamp"] = .string(command.now.rfc3339)
        if let schema = type.schema {
            ManagedFields.recordUpdate(
                old: .null, new: &object, manager: "kube-apiserver", apiVersion: type.apiVersion, time: command.now,
                subresource: "", schema: schema)
            Conforming.settle(&object, to: schema)
        }
        object["metadata", "resourceVersion"] = .string(resourceVersion)
        return (Change(kind: .created, key: place, uid: uid, previousRevision: 0, body: object.encoded()), object)
    }
}
