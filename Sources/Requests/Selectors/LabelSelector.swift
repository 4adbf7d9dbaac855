/// A label selector as it stands in a query, `app=web,tier in (front,back),!old`: Kubernetes' `labels.Selector`.
public struct LabelSelector: Sendable, Equatable {
    public enum Operator: String, Sendable {
        case `in` = "in"
        case notIn = "notin"
        case equals = "="
        case doubleEquals = "=="
        case notEquals = "!="
        case exists = "exists"
        case doesNotExist = "!"
        case greaterThan = "gt"
        case lessThan = "lt"
    }
    public struct Requirement: Sendable, Equatable {
        public let key: String
        public let op: Operator
        /// In byte order.
        public let values: [String]
        public init(key: String, op: Operator, values: [String]) {
            self.key = key
            self.op = op
            self.values = values
        }

        /// Whether labels, in the byte order of their keys, satisfy this.
        public func matches(_ labels: [(key: String, value: String)]) -> Bool {
            var found: String?
            for label in labels where label.key == key {
                found = label.value
                break
            }
            switch op {
            case .in, .equals, .doubleEquals: return found.map(values.contains) ?? false
            case .notIn, .notEquals: return found.map { !values.contains($0) } ?? true
            case .exists: return found != nil
            case .doesNotExist: return found == nil
            case .greaterThan, .lessThan:
                guard let found, let have = Int64(found), values.count == 1, let bound = Int64(values[0]) else {
                    return false
                }
                return op == .greaterThan ? have > bound : have < bound
            }
        }

        /// The requirement in the selector syntax.
        public var description: String {
            let list = values.joined(separator: ",")
            switch op {
            case .in: return "\(key) in (\(list))"
            case .notIn: return "\(key) notin (\(list))"
            case .equals, .doubleEquals, .notEquals: return key + op.rawValue + list
            case .exists: return key
            case .doesNotExist: return "!" + key
            case .greaterThan: return key + ">" + list
            case .lessThan: return key + "<" + list
            }
        }
    }

    /// In the byte order of their keys.
    public let requirements: [Requirement]

    public init(_ requirements: [Requirement] = []) {
        self.requirements = requirements.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    }

    /// Whether everything matches.
    public var isEmpty: Bool { requirements.isEmpty }

    /// Whether labels, in the byte order of their keys, satisfy every requirement.
    public func matches(_ labels: [(key: String, value: String)]) -> Bool {
        for requirement in requirements where !requirement.matches(labels) { return false }
        return true
    }

    /// The selector in its own syntax.
    public var description: String { requirements.map(\.description).joined(separator: ",") }

    /// Reads the selector syntax; errors carry upstream's messages.
    public init(parsing text: String) throws(QueryError) {
        var parser = LabelSelectorParser(text)
        self.init(try parser.parse())
    }
}
