package import Document
package import Records

/// What a history must not show: a Secret's values. That they changed can still be seen.
package enum Hidden {
    /// The object with its values hidden, when it is a Secret.
    package static func cleared(_ object: JSON, of key: ObjectKey) -> JSON {
        guard key.resource == "secrets", key.group.isEmpty else { return object }
        var object = object
        object.modify("data") { data in
            for (name, value) in data.entries {
                data[name] = .string("hidden, \(value.string?.utf8.count ?? 0) bytes, check \(check(value))")
            }
        }
        object.modify("metadata") { metadata in
            metadata.modify("annotations") { annotations in
                annotations.modify("kubectl.kubernetes.io/last-applied-configuration") { $0 = "hidden" }
            }
        }
        return object
    }

    /// Tells two values apart without telling anything of them: sixteen bits of a mixing function.
    private static func check(_ value: JSON) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in (value.string ?? "").utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return String((hash ^ hash >> 32) & 0xFFFF, radix: 16)
    }
}
