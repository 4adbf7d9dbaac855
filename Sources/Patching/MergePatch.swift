public import Document

/// RFC 7386, `application/merge-patch+json`: objects are merged, null takes a member away, anything else replaces.
public enum MergePatch {
    public static func apply(_ patch: JSON, to target: JSON) -> JSON {
        guard case .object(let changes) = patch else { return patch }
        let before = target.object ?? JSONObject()
        // Both sides are in the order of their names: one pass, however many members there are.
        var out = JSONObject()
        out.storage.reserveCapacity(before.count + changes.count)
        var i = 0
        for change in changes.storage {
            while i < before.storage.count, before.storage[i].key.bytesPrecede(change.key) {
                out.storage.append(before.storage[i])
                i += 1
            }
            var old = JSON.null
            if i < before.storage.count, before.storage[i].key == change.key {
                old = before.storage[i].value
                i += 1
            }
            switch change.value {
            case .null: break
            case .object: out.storage.append(.init(key: change.key, value: apply(change.value, to: old)))
            default: out.storage.append(change)
            }
        }
        out.storage.append(contentsOf: before.storage[i...])
        return .object(out)
    }
}
