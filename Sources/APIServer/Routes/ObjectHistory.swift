import Document
import Records

/// One version of an object as `/reckon/v1/history` tells it.
enum ObjectHistory {
    static func entry(_ record: EventRecord, _ change: Change, before: JSON?) -> JSON {
        let after = (try? JSON(parsing: change.body)) ?? .null
        var entry: JSON = [
            "revision": .int(Int64(record.revision)), "time": .string(record.time.rfc3339Micro), "uid": .string(change.uid),
            "change": .string("\(change.kind)"), "user": .string(record.authentication.user.name), "verb": .string(record.request.verb),
            "path": .string(record.request.path), "request": .string(record.request.auditID),
            "userAgent": .string(record.request.userAgent),
        ]
        if let cause = record.cause { entry["cause"] = .int(Int64(cause)) }
        if let impersonator = record.authentication.impersonator { entry["impersonator"] = .string(impersonator.name) }
        var changes: [JSON] = []
        if change.kind == .updated { compare(before ?? .null, after, "", &changes) }
        entry["changes"] = .array(changes)
        return entry
    }

    /// What differs, member by member; bookkeeping of the server (resourceVersion, managedFields) is left out.
    private static func compare(_ a: JSON, _ b: JSON, _ path: String, _ out: inout [JSON]) {
        if a == b || path == "metadata.managedFields" || path == "metadata.resourceVersion" { return }
        if case .object(let x) = a, case .object(let y) = b {
            var keys = x.keys
            for key in y.keys where x[key] == nil { keys.append(key) }
            for key in keys.sorted(by: { $0.bytesPrecede($1) }) {
                step(x[key], y[key], path.isEmpty ? key : path + "." + key, &out)
            }
            return
        }
        if case .array(let x) = a, case .array(let y) = b {
            for i in 0..<max(x.count, y.count) { step(i < x.count ? x[i] : nil, i < y.count ? y[i] : nil, "\(path)[\(i)]", &out) }
            return
        }
        step(a, b, path, &out)
    }

    private static func step(_ a: JSON?, _ b: JSON?, _ path: String, _ out: inout [JSON]) {
        if let a, let b {
            if a == b { return }
            if a.object != nil && b.object != nil || a.array != nil && b.array != nil {
                compare(a, b, path, &out)
                return
            }
        }
        if path == "metadata.managedFields" || path == "metadata.resourceVersion" { return }
        var change: JSON = ["path": .string(path)]
        if let a { change["from"] = a }
        if let b { change["to"] = b }
        out.append(change)
    }
}
