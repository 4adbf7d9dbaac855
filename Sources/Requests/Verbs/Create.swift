import Admission
import ClusterState
import Document
import Patching
import Records
import Schema

extension Write {
    mutating func create() throws(APIError) -> Decision {
        var object = try decode(command.body)
        try checkNamespace(&object)
        // The status of a custom resource is written by its own endpoint where it has one.
        if type.isCustom, type.hasStatus { object["status"] = Optional.none }
        recordManager(&object, old: .null)
        return try insert(&object)
    }

    /// Makes a new object that was decoded and has its managed fields.
    mutating func insert(_ decoded: inout JSON) throws(APIError) -> Decision {
        var object = decoded
        let resource = type.groupResource
        if !(object["metadata", "resourceVersion"]?.string ?? "").isEmpty {
            throw APIError.badRequest("resourceVersion should not be set on objects to be created")
        }
        var admission = try admit(.create, &object, old: .null, name: object["metadata", "name"]?.string ?? "")
        var name = object["metadata", "name"]?.string ?? ""
        let prefix = object["metadata", "generateName"]?.string ?? ""
        let isGenerated = name.isEmpty && !prefix.isEmpty
        // What changed objects saw one that had no name yet; what checks them sees the name.
        if isGenerated {
            repeat { name = generatedName(prefix) } while ground.state.object(key(name)) != nil
            object["metadata", "name"] = .string(name)
        }

        object["metadata", "uid"] = .string(random.uuid())
        object["metadata", "creationTimestamp"] = .string(command.now.rfc3339)
        object["metadata", "deletionTimestamp"] = nil
        object["metadata", "deletionGracePeriodSeconds"] = nil
        object["metadata", "selfLink"] = nil
        object["metadata", "generation"] = Generation.first(type)
        var context = self.context
        try rules.prepareForCreate(&object, &context)
        random = context.random
        UnservedPodFields.drop(from: &object, of: type.store)

        var errors = ObjectMetaRules.validateCreate(
            object["metadata"] ?? .null, isNamespaced: type.isNamespaced, nameRule: rules.nameRule, path: "metadata",
            checksStandardFinalizers: rules.checksStandardFinalizers)
        errors += structureErrors(object) + rules.validateCreate(object, self.context)
        if !errors.isEmpty { throw APIError.invalid(refusedKind, name, errors) }
        warnings += rules.warnings(object, old: nil)
        try validate(&admission, object)
        if ground.state.object(key(name)) != nil { throw APIError.alreadyExists(resource, name) }

        if rules.isDefaultedWhenStored { rules.setDefaults(&object) }

        if command.isDryRun { return decision(201, answer(object), []) }
        let change = try change(.created, &object, name: name, previous: 0)
        var decision = decision(201, answer(object), [(change, object)])
        if type.storageVersion == type.apiVersion { decision.stored = change.body }
        return decision
    }

    /// What a custom resource's own schema has against an object.
    func structureErrors(_ object: JSON) -> [FieldError] { type.schema?.structural?.validate(object) ?? [] }

    /// A name is at most 63 bytes, so that it can be a label and a host name.
    private mutating func generatedName(_ prefix: String) -> String {
        let longest = 63 - 5
        let kept =
            prefix.utf8.count > longest ? String(decoding: Array(prefix.utf8.prefix(longest)), as: UTF8.self) : prefix
        return kept + random.suffix(5)
    }
}

/// Which kinds count changes of their desired state in `metadata.generation`.
enum Generation {
    private static let kinds: Set<GroupResource> = [
        .init(resource: "pods"), .init(resource: "podtemplates"), .init(resource: "replicationcontrollers"),
        .init(group: "apps", resource: "daemonsets"), .init(group: "apps", resource: "deployments"),
        .init(group: "apps", resource: "replicasets"), .init(group: "apps", resource: "statefulsets"),
        .init(group: "batch", resource: "cronjobs"), .init(group: "batch", resource: "jobs"),
        .init(group: "apiextensions.k8s.io", resource: "customresourcedefinitions"),
        .init(group: "resource.k8s.io", resource: "deviceclasses"),
        .init(group: "resource.k8s.io", resource: "resourceslices"),
        .init(group: "discovery.k8s.io", resource: "endpointslices"),
        .init(group: "networking.k8s.io", resource: "ingresses"),
        .init(group: "networking.k8s.io", resource: "ingressclasses"),
        .init(group: "networking.k8s.io", resource: "networkpolicies"),
        .init(group: "policy", resource: "poddisruptionbudgets"),
        .init(group: "scheduling.k8s.io", resource: "priorityclasses"),
        .init(group: "admissionregistration.k8s.io", resource: "mutatingwebhookconfigurations"),
        .init(group: "admissionregistration.k8s.io", resource: "validatingwebhookconfigurations"),
        .init(group: "admissionregistration.k8s.io", resource: "mutatingadmissionpolicies"),
        .init(group: "admissionregistration.k8s.io", resource: "mutatingadmissionpolicybindings"),
        .init(group: "admissionregistration.k8s.io", resource: "validatingadmissionpolicies"),
        .init(group: "admissionregistration.k8s.io", resource: "validatingadmissionpolicybindings"),
        .init(group: "flowcontrol.apiserver.k8s.io", resource: "flowschemas"),
        .init(group: "flowcontrol.apiserver.k8s.io", resource: "prioritylevelconfigurations"),
    ]

    /// Kinds of which only the changes are counted: a new object has no generation.
    private static let kindsFromZero: Set<GroupResource> = [.init(group: "storage.k8s.io", resource: "csidrivers")]

    /// What a new object begins with; nil for none.
    static func first(_ type: ResourceType) -> JSON? {
        isCounted(type) && !kindsFromZero.contains(type.store) ? 1 : Optional.none
    }

    /// What an update makes of it; nil for none.
    static func next(_ type: ResourceType, _ object: JSON, _ old: JSON, isRaised: Bool) -> JSON? {
        let was = old["metadata", "generation"]?.int ?? 0
        if isRaised || Self.isRaised(type, object, old) { return .int(was + 1) }
        return was == 0 && kindsFromZero.contains(type.store) ? Optional.none : .int(was)
    }

    /// Some kinds also count changes of labels or annotations.
    private static func isRaised(_ type: ResourceType, _ object: JSON, _ old: JSON) -> Bool {
        // A priority class begins at 1 and stays there.
        if type.store == GroupResource(group: "scheduling.k8s.io", resource: "priorityclasses") { return false }
        if differs(object, old) { return true }
        if type.store == GroupResource(group: "apps", resource: "deployments") {
            return (object["metadata", "annotations"] ?? [:]) != (old["metadata", "annotations"] ?? [:])
        }
        guard type.store == GroupResource(group: "discovery.k8s.io", resource: "endpointslices") else { return false }
        return (object["metadata", "labels"] ?? [:]) != (old["metadata", "labels"] ?? [:])
    }

    static func isCounted(_ type: ResourceType) -> Bool {
        type.isCustom || kinds.contains(type.store) || kindsFromZero.contains(type.store)
    }

    /// Whether anything besides metadata and status differs.
    static func differs(_ a: JSON, _ b: JSON) -> Bool {
        func wanted(_ object: JSON) -> JSONObject {
            var members = object.entries
            members["metadata"] = nil
            members["status"] = nil
            return members
        }
        return wanted(a) != wanted(b)
    }
}
