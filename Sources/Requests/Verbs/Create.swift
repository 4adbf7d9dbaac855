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
        // What changes objects on the way may not take them elsewhere.
        try checkNamespace(&object)
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
        if let holder = ground.state.object(key(name)) {
            var refusal = APIError.alreadyExists(resource, name)
            if holder.document["metadata", "deletionTimestamp"] != nil {
                refusal.message = "object is being deleted: " + refusal.message
            }
            throw refusal
        }

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
