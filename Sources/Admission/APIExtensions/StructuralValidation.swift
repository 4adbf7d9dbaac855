public import Document
public import Schema

extension StructuralSchema {
    /// Everything wrong with a custom resource, in upstream's words; its metadata is not looked at.
    public func validate(_ object: JSON) -> [FieldError] {
        var errors: [FieldError] = []
        validate(object, "", isResource: true, &errors)
        validateLists(object, "", &errors)
        return errors
    }

    /// The same for one value, a default say: `path` is where it stands, but the texts speak of the value alone.
    func validateValue(_ value: JSON, path: String) -> [FieldError] {
        var errors: [FieldError] = []
        validate(value, "", isResource: false, &errors)
        validateLists(value, "", &errors)
        return errors.map { error in
            let rest = error.path
            return FieldError(error.type, rest.isEmpty ? path : rest.hasPrefix("[") ? path + rest : path + "." + rest, error.body)
        }
    }

    private static func kind(_ value: JSON) -> String {
        switch value {
        case .null: "null"
        case .bool: "boolean"
        case .int: "integer"
        case .double(let d): d == d.rounded() ? "integer" : "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }

    private func accepts(_ kind: String) -> Bool {
        if isIntOrString { return kind == "integer" || kind == "string" }
        if kind == "null" { return isNullable || type.isEmpty }
        return type.isEmpty || type == kind || (type == "number" && kind == "integer")
    }

    private func validate(_ value: JSON, _ path: String, isResource: Bool, _ errors: inout [FieldError]) {
        let kind = StructuralSchema.kind(value)
        guard accepts(kind) else {
            let wanted = isIntOrString ? "integer,string" : type
            errors.append(.typeInvalid(path, .string(kind), "\(path) in body must be of type \(wanted): \"\(kind)\""))
            return
        }
        if value.isNull { return }
        switch value {
        case .string(let text): validateText(text, path, &errors)
        case .int, .double: validateNumber(value, path, &errors)
        case .array(let elements):
            validateCount(elements.count, path, &errors)
            if limits.uniqueItems, Set(elements.map(\.text)).count < elements.count {
                errors.append(.invalid(path, value, "\(path) in body shouldn't contain duplicates"))
            }
            if let items {
                for (i, element) in elements.enumerated() { items.validate(element, "\(path)[\(i)]", isResource: items.isEmbedded, &errors) }
            }
        case .object(let object):
            if let most = limits.maxProperties, object.count > most {
                errors.append(.init(.tooMany, path, "Too many: \(object.count): must have at most \(most) items"))
            }
            if let least = limits.minProperties, object.count < least {
                errors.append(.invalid(path, value, "\(path) in body should have at least \(least) properties"))
            }
            for name in required where object[name] == nil { errors.append(.required(path.isEmpty ? name : path + "." + name)) }
            for entry in object {
                if isResource, ["apiVersion", "kind", "metadata"].contains(entry.key) { continue }
                guard let inner = properties[entry.key] ?? additional else { continue }
                inner.validate(entry.value, path.isEmpty ? entry.key : path + "." + entry.key, isResource: inner.isEmbedded, &errors)
            }
        default: break
        }
        if let enumeration, !enumeration.contains(value) {
            let names = enumeration.map { $0.string ?? $0.text }
            errors.append(.notSupported(path, value, names))
        }
        validateCombinations(value, path, &errors)
    }

    private func validateText(_ text: String, _ path: String, _ errors: inout [FieldError]) {
        let length = Int64(text.unicodeScalars.count)
        if let most = limits.maxLength, length > most { errors.append(.tooLong(path, Int(most))) }
        if let least = limits.minLength, length < least {
            errors.append(.invalid(path, .string(text), "\(path) in body should be at least \(least) chars long"))
        }
        if let pattern = limits.pattern, !Pattern.matches(text, pattern) {
            errors.append(.invalid(path, .string(text), "\(path) in body should match '\(pattern)'"))
        }
        if !format.isEmpty, !TextFormat.fits(text, format) {
            errors.append(.typeInvalid(path, .string(text), "\(path) in body must be of type \(format): \"\(text)\""))
        }
    }

    private func validateNumber(_ value: JSON, _ path: String, _ errors: inout [FieldError]) {
        guard let number = value.number else { return }
        func text(_ limit: Double) -> String { JSON.double(limit).text }
        if let least = limits.minimum, limits.exclusiveMinimum ? number <= least : number < least {
            let words = limits.exclusiveMinimum ? "greater than" : "greater than or equal to"
            errors.append(.invalid(path, value, "\(path) in body should be \(words) \(text(least))"))
        }
        if let most = limits.maximum, limits.exclusiveMaximum ? number >= most : number > most {
            let words = limits.exclusiveMaximum ? "less than" : "less than or equal to"
            errors.append(.invalid(path, value, "\(path) in body should be \(words) \(text(most))"))
        }
        if let step = limits.multipleOf, step != 0, (number / step) != (number / step).rounded() {
            errors.append(.invalid(path, value, "\(path) in body should be a multiple of \(text(step))"))
        }
        if format == "int32", number > 2_147_483_647 || number < -2_147_483_648 {
            errors.append(.invalid(path, value, "\(path) in body must be of type int32: \"\(value.text)\""))
        }
    }

    private func validateCount(_ count: Int, _ path: String, _ errors: inout [FieldError]) {
        if let most = limits.maxItems, count > most { errors.append(.init(.tooMany, path, "Too many: \(count): must have at most \(most) items")) }
        if let least = limits.minItems, count < least {
            errors.append(.invalid(path, .int(Int64(count)), "\(path) in body should have at least \(least) items"))
        }
    }

    private func fits(_ value: JSON, _ path: String) -> Bool {
        var errors: [FieldError] = []
        validate(value, path, isResource: false, &errors)
        return errors.isEmpty
    }

    private func validateCombinations(_ value: JSON, _ path: String, _ errors: inout [FieldError]) {
        for schema in allOf { schema.validate(value, path, isResource: false, &errors) }
        if !anyOf.isEmpty, !isIntOrString, !anyOf.contains(where: { $0.fits(value, path) }) {
            errors.append(.init(.invalid, path, "Invalid value: \"\": \"\(path)\" must validate at least one schema (anyOf)"))
        }
        if !oneOf.isEmpty {
            let count = oneOf.filter { $0.fits(value, path) }.count
            if count != 1 {
                let found = count == 0 ? "Found none valid" : "Found \(count) valid alternatives"
                errors.append(.init(.invalid, path, "Invalid value: \"\": \"\(path)\" must validate one and only one schema (oneOf). \(found)"))
            }
        }
        if let not, not.fits(value, path) {
            errors.append(.init(.invalid, path, "Invalid value: \"\": \"\(path)\" must not validate the schema (not)"))
        }
    }

    /// Sets and maps hold each element once.
    private func validateLists(_ value: JSON, _ path: String, _ errors: inout [FieldError]) {
        switch value {
        case .array(let elements):
            if listType == "set" || listType == "map" {
                var seen: Set<String> = []
                for (i, element) in elements.enumerated() {
                    var identity = element
                    if listType == "map" {
                        var keys = JSONObject()
                        for key in listMapKeys { keys[key] = element[key] ?? items?.properties[key]?.defaultValue }
                        identity = .object(keys)
                    }
                    if !seen.insert(identity.text).inserted { errors.append(.duplicate("\(path)[\(i)]", identity)) }
                }
            }
            if let items { for (i, element) in elements.enumerated() { items.validateLists(element, "\(path)[\(i)]", &errors) } }
        case .object(let object):
            for entry in object {
                guard let inner = properties[entry.key] ?? additional else { continue }
                inner.validateLists(entry.value, path.isEmpty ? entry.key : path + "." + entry.key, &errors)
            }
        default: break
        }
    }
}

/// Regular expressions of schemas.
enum Pattern {
    /// Whether the expression is found anywhere in the text; one that cannot be read matches everything.
    static func matches(_ text: String, _ pattern: String) -> Bool {
        guard let expression = try? Regex(pattern) else { return true }
        return (try? expression.firstMatch(in: text)) != nil
    }
    static func isValid(_ pattern: String) -> Bool { (try? Regex(pattern)) != nil }
}

/// The formats of strings that are checked.
enum TextFormat {
    static func fits(_ text: String, _ format: String) -> Bool {
        switch format {
        case "date-time": Timestamp(rfc3339: text) != nil
        case "date": text.utf8.count == 10 && Timestamp(rfc3339: text + "T00:00:00Z") != nil
        case "ipv4": IPAddress(text).map { !$0.isIPv6 } ?? false
        case "ipv6": IPAddress(text)?.isIPv6 ?? false
        case "cidr": AddressRange(text) != nil
        case "uuid", "uuid3", "uuid4", "uuid5": isUUID(text)
        case "byte": (try? Document.Base64.decode(text)) != nil
        case "hostname": Names.dnsSubdomain(text.lowercased()).isEmpty
        case "email": text.contains("@") && !text.hasPrefix("@") && !text.hasSuffix("@")
        case "uri": text.contains(":")
        default: true
        }
    }

    private static func isUUID(_ text: String) -> Bool {
        let bytes = text.utf8.filter { $0 != UInt8(ascii: "-") }
        return bytes.count == 32 && bytes.allSatisfy { ($0 >= 48 && $0 <= 57) || ($0 | 0x20 >= 97 && $0 | 0x20 <= 102) }
    }
}
