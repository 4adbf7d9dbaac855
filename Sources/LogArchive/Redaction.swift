package import Document
package import Records

/// Replaces values by words that are equal when the values are, and tell nothing else.
package struct Redaction: Sendable {
    /// What is replaced.
    package enum Subject: String, CaseIterable, Sendable {
        /// What Secrets hold.
        case secrets
        /// The values of containers' environment variables.
        case env
        /// What ConfigMaps hold.
        case configmaps
        /// Containers' commands and arguments.
        case args
    }
    private let subjects: Set<Subject>
    private let code: @Sendable (String) -> String
    private static let applied = "kubectl.kubernetes.io/last-applied-configuration"

    /// `code` gives a value's code: the same for the same value, and of no use without a key.
    package init(_ subjects: Set<Subject>, code: @escaping @Sendable (String) -> String) {
        self.subjects = subjects
        self.code = code
    }

    /// An object's encoding with what must not be seen replaced; the same bytes when nothing is.
    package func redacted(_ body: [UInt8], of key: ObjectKey) -> [UInt8] {
        guard !subjects.isEmpty, var object = try? JSON(parsing: body) else { return body }
        redact(&object, group: key.group, resource: key.resource)
        return object.encoded()
    }

    package func redact(_ object: inout JSON, group: String, resource: String) {
        if group.isEmpty, resource == "secrets", subjects.contains(.secrets) {
            replace("data", in: &object, isBase64: true)
            replace("stringData", in: &object, isBase64: false)
        }
        if group.isEmpty, resource == "configmaps", subjects.contains(.configmaps) {
            replace("data", in: &object, isBase64: false)
            replace("binaryData", in: &object, isBase64: true)
        }
        if subjects.contains(.env) || subjects.contains(.args) { walk(&object) }
        // What kubectl apply remembers is the object once more, as text.
        if let text = object["metadata", "annotations", Self.applied]?.string, var copy = try? JSON(parsing: text) {
            redact(&copy, group: group, resource: resource)
            object["metadata", "annotations", Self.applied] = .string(copy.text)
        }
    }

    private func replace(_ field: String, in object: inout JSON, isBase64: Bool) {
        guard object[field] != nil else { return }
        object.modify(field) { data in
            for (name, value) in data.entries {
                let word = "redacted-" + code(value.string ?? "")
                data[name] = .string(isBase64 ? Self.base64(Array(word.utf8)) : word)
            }
        }
    }

    /// Containers may stand anywhere: in pods, in templates, in revisions.
    private func walk(_ value: inout JSON) {
        for (name, member) in value.entries {
            var member = member
            if name == "env", subjects.contains(.env) {
                member.modifyElements { _, entry in
                    if let text = entry["value"]?.string { entry["value"] = .string("redacted-" + code(text)) }
                }
            }
            if name == "args" || name == "command", subjects.contains(.args) {
                member.modifyElements { _, entry in
                    if let text = entry.string { entry = .string("redacted-" + code(text)) }
                }
            }
            walk(&member)
            value[name] = member
        }
        if !value.elements.isEmpty { value.modifyElements { _, element in walk(&element) } }
    }

    /// A text in base64.
    package static func encoded(_ text: String) -> String { base64(Array(text.utf8)) }

    private static func base64(_ bytes: [UInt8]) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var out: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let part = Array(bytes[start..<min(start + 3, bytes.count)]) + [0, 0]
            let word = UInt32(part[0]) << 16 | UInt32(part[1]) << 8 | UInt32(part[2])
            let count = min(3, bytes.count - start)
            for place in 0..<4 {
                out.append(place <= count ? digits[Int(word >> (18 - 6 * UInt32(place)) & 63)] : 0x3D)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}
