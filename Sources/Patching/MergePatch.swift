public import Document

/// RFC 7386, `application/merge-patch+json`: objects are merged, null takes a member away, anything else replaces.
public enum MergePatch {
    public static func apply(_ patch: JSON, to target: JSON) -> JSON {
        guard case .object(let changes) = patch else { return patch }
        var result = target.object ?? JSONObject()
        for (key, value) in changes {
            switch value {
            case .null: result[key] = nil
            case .object: result[key] = apply(value, to: result[key] ?? .null)
            default: result[key] = value
            }
        }
        return .object(result)
    }
}
