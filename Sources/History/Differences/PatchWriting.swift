public import Document

/// Writes the JSON patch (RFC 6902) that makes one object into another.
public enum PatchWriting {
    /// Operations in an order that can be applied from the first to the last; none when both are equal.
    public static func patch(from before: JSON, to after: JSON) -> [JSON] {
        var operations: [JSON] = []
        write(before, after, [], &operations)
        return operations
    }

    private static func write(_ before: JSON, _ after: JSON, _ place: [String], _ operations: inout [JSON]) {
        if before == after { return }
        switch (before, after) {
        case (.object(let x), .object(let y)):
            for (name, _) in x where y[name] == nil { operations.append(operation("remove", place + [name])) }
            for (name, value) in y {
                if let old = x[name] {
                    write(old, value, place + [name], &operations)
                } else {
                    operations.append(operation("add", place + [name], value))
                }
            }
        case (.array(let x), .array(let y)):
            for i in 0..<min(x.count, y.count) { write(x[i], y[i], place + [String(i)], &operations) }
            for i in stride(from: x.count - 1, through: y.count, by: -1) {
                operations.append(operation("remove", place + [String(i)]))
            }
            for i in x.count..<max(x.count, y.count) { operations.append(operation("add", place + ["-"], y[i])) }
        default: operations.append(operation("replace", place, after))
        }
    }

    private static func operation(_ name: String, _ place: [String], _ value: JSON? = Optional.none) -> JSON {
        var json: JSON = ["op": .string(name), "path": .string(JSONPointer(tokens: place).text)]
        json["value"] = value
        return json
    }
}
