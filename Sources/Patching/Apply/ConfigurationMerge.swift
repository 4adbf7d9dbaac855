public import Document
public import Schema

/// Puts a configuration into an object without asking who owns what: how mutating policies change objects.
public enum ConfigurationMerge {
    /// The object with the configuration's members; lists with keys and sets merge by element.
    public static func merge(_ configuration: JSON, into object: JSON, schema: TypeSchema?) -> JSON {
        TypedMerge.merge(object, configuration, schema.map { Place(root: $0) } ?? .open) ?? object
    }

    /// The first place at which a configuration sets a list, map or struct that is owned whole, `.spec.template`; nil when there is none.
    /// A policy must not replace what it does not see.
    public static func atomicPath(in configuration: JSON, schema: TypeSchema?) -> String? {
        guard let schema else { return nil }
        return atomic(configuration, Place(root: schema), "")
    }

    private static func atomic(_ value: JSON, _ place: Place, _ path: String) -> String? {
        switch place.resolved(nil, value) {
        case .leaf:
            switch value {
            case .object, .array: return path
            default: return nil
            }
        case .open: return nil
        case .structure(let type):
            var at = 0
            for (key, member) in value.entries {
                let below = type.field(key, after: &at).map { Place($0) } ?? .open
                if let found = atomic(member, below, path + "." + key) { return found }
            }
            return nil
        case .map(let element):
            for (key, member) in value.entries {
                if let found = atomic(member, Place(element), path + "." + key) { return found }
            }
            return nil
        case .list(_, _, let element):
            for member in value.elements {
                if let found = atomic(member, Place(element), path + "[]") { return found }
            }
            return nil
        }
    }
}
