import Document
import Schema

/// Limits and checks that ConfigMaps and Secrets share.
enum DataRules {
    /// All values of one object together.
    static let dataBytesMax = 1024 * 1024
    static let immutable = "field is immutable when `immutable` is set"

    static func validateImmutable(_ object: JSON, old: JSON, _ keys: [String]) -> [FieldError] {
        guard old.flag("immutable") else { return [] }
        var errors: [FieldError] = []
        if !object.flag("immutable") { errors.append(.forbidden("immutable", immutable)) }
        for key in keys where !Semantics.equal(object[key], old[key]) { errors.append(.forbidden(key, immutable)) }
        return errors
    }

    /// How many bytes a base64 text stands for.
    static func decodedCount(_ text: String) -> Int {
        let bytes = text.utf8
        let padding = bytes.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        return bytes.count / 4 * 3 - padding
    }
}

/// ConfigMaps.
struct ConfigMapRules: KindRules {
    var countsGeneration: Bool { false }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        var errors: [FieldError] = []
        var total = 0
        let binary = object["binaryData"]?.entries ?? JSONObject()
        for (key, value) in object["data"]?.entries ?? JSONObject() where errors.hasRoom {
            errors.addInvalid("data[\(key)]", .string(key), Names.configKey(key))
            if binary[key] != nil {
                errors.append(.invalid("data[\(key)]", .string(key), "duplicate of key present in binaryData"))
            }
            total += (value.string ?? "").utf8.count
        }
        for (key, value) in binary where errors.hasRoom {
            errors.addInvalid("binaryData[\(key)]", .string(key), Names.configKey(key))
            total += DataRules.decodedCount(value.string ?? "")
        }
        if total > DataRules.dataBytesMax { errors.append(.tooLong("", DataRules.dataBytesMax)) }
        return errors
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        ObjectMetaRules.revalidate(object, old: old)
            + DataRules.validateImmutable(object, old: old, ["data", "binaryData"])
            + ObjectMetaRules.validateCreate(object["metadata"] ?? .null, isNamespaced: true, nameRule: nameRule)
            + validateCreate(object, context)
    }
}
