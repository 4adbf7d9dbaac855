internal import Document

/// A map that an expression makes: entries in the order they were put in, found by key. Numbers that are equal are one key,
/// whatever their type.
public struct MapValue: Sendable {
    private(set) var keys: [Value] = []
    private(set) var values: [Value] = []
    private var places: [Key: Int] = [:]

    var count: Int { keys.count }

    /// A key as the table compares it.
    private enum Key: Hashable {
        case bool(Bool)
        case int(Int64)
        case uint(UInt64)
        case string([UInt8])

        init?(_ value: Value) {
            switch value {
            case .bool(let b): self = .bool(b)
            case .int(let i): self = .int(i)
            case .uint(let u): self = Int64(exactly: u).map { .int($0) } ?? .uint(u)
            case .double(let d):
                if let i = Int64(exactly: d) {
                    self = .int(i)
                } else if let u = UInt64(exactly: d) {
                    self = .uint(u)
                } else {
                    return nil
                }
            case .string(let text): self = .string(Array(text.utf8))
            default: return nil
            }
        }
    }

    subscript(key: Value) -> Value? { Key(key).flatMap { places[$0] }.map { values[$0] } }

    /// Puts an entry in; what had its key before is replaced. False when a value of that type cannot be a key.
    mutating func set(_ key: Value, _ value: Value) -> Bool {
        if case .double = key { return false }
        guard let hashed = Key(key) else { return false }
        if let place = places[hashed] {
            values[place] = value
        } else {
            places[hashed] = keys.count
            keys.append(key)
            values.append(value)
        }
        return true
    }
}
