import Document
import Schema

/// Secrets: `stringData` becomes part of `data`, and each type asks for its keys.
struct SecretRules: KindRules {
    var countsGeneration: Bool { false }

    func setDefaults(_ object: inout JSON) {
        object.fillText("type", "Opaque")
        guard let plain = object["stringData"] else { return }
        for (key, value) in plain.entries {
            object["data", key] = .string(Base64.encode(Array((value.string ?? "").utf8)))
        }
        object["stringData"] = nil
    }

    func prepareForUpdate(_ object: inout JSON, old: JSON, subresource: String, _ context: inout WriteContext)
        throws(APIError)
    {
        // A client that does not know the type may leave it out.
        if object.text("type").isEmpty { object["type"] = old["type"] }
    }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        var errors: [FieldError] = []
        let data = object["data"]?.entries ?? JSONObject()
        var total = 0
        for (key, value) in data where errors.hasRoom {
            errors.addInvalid("data[\(key)]", .string(key), Names.configKey(key))
            total += DataRules.decodedCount(value.string ?? "")
        }
        if total > DataRules.dataBytesMax { errors.append(.tooLong("data", DataRules.dataBytesMax)) }
        func require(_ key: String) { if data[key] == nil { errors.append(.required("data[\(key)]")) } }
        switch object.text("type") {
        case "kubernetes.io/service-account-token":
            let account = "kubernetes.io/service-account.name"
            if object["metadata", "annotations", account]?.string?.isEmpty ?? true {
                errors.append(.required("metadata.annotations[\(account)]"))
            }
        case "kubernetes.io/dockercfg": validateDocker(data, ".dockercfg", &errors)
        case "kubernetes.io/dockerconfigjson": validateDocker(data, ".dockerconfigjson", &errors)
        case "kubernetes.io/basic-auth":
            if data["username"] == nil, data["password"] == nil {
                require("username")
                require("password")
            }
        case "kubernetes.io/ssh-auth":
            if data["ssh-privatekey"]?.string?.isEmpty ?? true { errors.append(.required("data[ssh-privatekey]")) }
        case "kubernetes.io/tls":
            require("tls.crt")
            require("tls.key")
        default: break
        }
        return errors
    }

    private func validateDocker(_ data: JSONObject, _ key: String, _ errors: inout [FieldError]) {
        guard let value = data[key]?.string else {
            errors.append(.required("data[\(key)]"))
            return
        }
        let path = "data[\(key)]"
        let shown: JSON = "<secret contents redacted>"
        let bytes = Base64.decode(value) ?? []
        guard let document = try? JSON(parsing: bytes) else {
            let problem = JSONProblem.describe(bytes)
            errors.append(.invalid(path, shown, problem))
            return
        }
        switch document {
        case .object, .null: break
        case .array:
            errors.append(
                .invalid(path, shown, "json: cannot unmarshal array into Go value of type map[string]interface {}"))
        case .string:
            errors.append(
                .invalid(path, shown, "json: cannot unmarshal string into Go value of type map[string]interface {}"))
        case .bool:
            errors.append(
                .invalid(path, shown, "json: cannot unmarshal bool into Go value of type map[string]interface {}"))
        default:
            errors.append(
                .invalid(path, shown, "json: cannot unmarshal number into Go value of type map[string]interface {}"))
        }
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        ObjectMetaRules.revalidate(object, old: old) + Immutability.check(object["type"], old["type"], path: "type")
            + DataRules.validateImmutable(object, old: old, ["data"])
            + ObjectMetaRules.validateCreate(object["metadata"] ?? .null, isNamespaced: true, nameRule: nameRule)
            + validateCreate(object, context)
    }

    func warnings(_ object: JSON, old: JSON?) -> [String] {
        object.text("type") == "kubernetes.io/tls" ? TLSPairWarnings.of(object["data"]) : []
    }
}

/// base64 in its standard alphabet, padded: how bytes stand in objects.
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        var out: [UInt8] = []
        out.reserveCapacity((bytes.count + 2) / 3 * 4)
        var i = 0
        while i < bytes.count {
            let b = (bytes[i], i + 1 < bytes.count ? bytes[i + 1] : 0, i + 2 < bytes.count ? bytes[i + 2] : 0)
            out.append(alphabet[Int(b.0 >> 2)])
            out.append(alphabet[Int(b.0 & 3) << 4 | Int(b.1 >> 4)])
            out.append(i + 1 < bytes.count ? alphabet[Int(b.1 & 15) << 2 | Int(b.2 >> 6)] : UInt8(ascii: "="))
            out.append(i + 2 < bytes.count ? alphabet[Int(b.2 & 63)] : UInt8(ascii: "="))
            i += 3
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// nil when the text is not base64.
    static func decode(_ text: String) -> [UInt8]? {
        var out: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for b in text.utf8 where b != UInt8(ascii: "=") {
            guard let digit = alphabet.firstIndex(of: b) else { return nil }
            bits = bits << 6 | UInt32(digit)
            count += 6
            if count >= 8 {
                count -= 8
                out.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return out
    }
}
