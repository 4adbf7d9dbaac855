import ClusterState
import Document
import Records
import Requests
import Schema

/// A condition on the objects of one moment, as people write it: `deploy/web status.readyReplicas < 3`,
/// `pod/db missing`, `count pods > 10`, several joined by `and`.
struct Condition: Sendable {
    enum Comparison: String, Sendable {
        case equal = "=="
        case unequal = "!="
        case less = "<"
        case lessOrEqual = "<="
        case more = ">"
        case moreOrEqual = ">="
        case contains = "~"
    }
    enum Term: Sendable {
        case exists(ObjectKey, Bool)
        /// Whether a field is there and not empty.
        case isSet(ObjectKey, FieldPath)
        case compares(ObjectKey, FieldPath, Comparison, JSON)
        case count(GroupResource, namespace: String?, Comparison, Int64)
        case expression(ObjectKey, ObjectExpression)
    }
    private let terms: [Term]

    static let help =
        "OBJECT FIELD OP VALUE (deploy/web status.readyReplicas < 3), OBJECT FIELD, OBJECT exists, OBJECT missing or count KIND OP NUMBER, joined by and; OP is one of == != < <= > >= ~; or OBJECT cel: and an expression about object, which is null while it is missing (deploy/web cel: object.spec.replicas > object.status.readyReplicas)"

    /// Reads the text; kinds are looked up where the question is asked.
    init(_ text: String, namespace: String, _ ground: Ground) throws(APIError) {
        if let place = text.firstRange(of: " cel:") {
            let key = try Self.object(
                text[..<place.lowerBound].trimmingSpace, namespace, ground)
            terms = [.expression(key, try ObjectExpression(text[place.upperBound...].trimmingSpace))]
            return
        }
        var terms: [Term] = []
        for words in try Self.words(text).split(
            omittingEmptySubsequences: false, whereSeparator: { $0 == "and" || $0 == "&&" })
        {
            terms.append(try Self.term(Array(words), namespace, ground))
        }
        guard !terms.isEmpty else { throw Self.error("it is empty") }
        self.terms = terms
    }

    private static func error(_ text: String) -> APIError { .badRequest("when: \(text). Write \(help)") }

    /// Words and quoted strings; operators stand alone even without spaces around them.
    private static func words(_ text: String) throws(APIError) -> [String] {
        var words: [String] = []
        var rest = text[...]
        while let c = rest.first {
            if c == " " || c == "\t" || c == "\n" {
                rest = rest.dropFirst()
            } else if c == "\"" || c == "'" {
                guard let end = rest.dropFirst().firstIndex(of: c) else { throw error("a quote is open") }
                words.append("\"" + rest[rest.index(after: rest.startIndex)..<end])
                rest = rest[rest.index(after: end)...]
            } else if let op = ["==", "!=", "<=", ">=", "&&", "=", "<", ">", "~"].first(where: { rest.hasPrefix($0) }) {
                words.append(op)
                rest = rest.dropFirst(op.count)
            } else {
                var depth = 0
                let word = rest.prefix { c in
                    // Brackets of a path may hold anything.
                    if c == "[" { depth += 1 } else if c == "]" { depth -= 1 }
                    return depth > 0 || !" \t\n=!<>~&".contains(c)
                }
                guard !word.isEmpty else { throw error("\"\(rest)\" cannot be read") }
                words.append(String(word))
                rest = rest.dropFirst(word.count)
            }
        }
        return words
    }

    private static func term(_ words: [String], _ namespace: String, _ ground: Ground) throws(APIError) -> Term {
        guard words.count >= 2 else { throw error("\"\(words.joined(separator: " "))\" says too little") }
        if words[0] == "count" {
            guard words.count == 4, let op = comparison(words[2]), let number = Int64(words[3]) else {
                throw error("after count come KIND OP NUMBER")
            }
            let type = try ground.type(named: words[1], group: "")
            let space = type.isNamespaced && !namespace.isEmpty ? namespace : nil
            if let refusal = ground.refusal(
                "list",
                ObjectKey(group: type.store.group, resource: type.store.resource, namespace: space ?? "", name: ""))
            {
                throw refusal
            }
            return .count(type.store, namespace: space, op, number)
        }
        let key = try object(words[0], namespace, ground)
        if words.count == 2, words[1] == "exists" || words[1] == "missing" {
            return .exists(key, words[1] == "exists")
        }
        guard let path = FieldPath(words[1]) else { throw error("\"\(words[1])\" is no field") }
        if words.count == 2 { return .isSet(key, path) }
        guard words.count == 4, let op = comparison(words[2]) else {
            throw error("after \(words[0]) \(words[1]) come OP and one VALUE")
        }
        return .compares(key, path, op, value(words[3]))
    }

    /// `KIND/NAME` or `KIND/NAMESPACE/NAME`. Who asks must be allowed to get it.
    private static func object(_ word: String, _ namespace: String, _ ground: Ground) throws(APIError) -> ObjectKey {
        let parts = word.split(separator: "/").map(String.init)
        guard parts.count == 2 || parts.count == 3 else { throw error("\"\(word)\" is no KIND/NAME") }
        let type = try ground.type(named: parts[0], group: "")
        let space = parts.count == 3 ? parts[1] : (namespace.isEmpty ? "default" : namespace)
        let key = ObjectKey(
            group: type.store.group, resource: type.store.resource, namespace: type.isNamespaced ? space : "",
            name: parts[parts.count - 1])
        if let refusal = ground.refusal("get", key) { throw refusal }
        return key
    }

    private static func comparison(_ word: String) -> Comparison? { word == "=" ? .equal : Comparison(rawValue: word) }

    private static func value(_ word: String) -> JSON {
        if word.hasPrefix("\"") { return .string(String(word.dropFirst())) }
        if let value = try? JSON(parsing: Array(word.utf8)), value.object == nil, value.array == nil { return value }
        return .string(word)
    }

    /// Why an expression does not come to an answer at a revision; nil when it does, and for other conditions.
    func failure(at revision: UInt64, _ ground: Ground) throws(APIError) -> String? {
        for case .expression(let key, let expression) in terms {
            if let failure = expression.failure(try ground.past.object(key, at: revision)?.document) { return failure }
        }
        return nil
    }

    // MARK: looking

    /// Whether it holds at a revision.
    func holds(at revision: UInt64, _ ground: Ground) throws(APIError) -> Bool {
        for term in terms where try !Self.holds(term, revision, ground) { return false }
        return true
    }

    private static func holds(_ term: Term, _ revision: UInt64, _ ground: Ground) throws(APIError) -> Bool {
        switch term {
        case .exists(let key, let wanted): return try (ground.past.object(key, at: revision) != nil) == wanted
        case .isSet(let key, let path):
            guard let object = try ground.past.object(key, at: revision) else { return false }
            return !(path.value(in: object.document)?.isEmptyValue ?? true)
        case .compares(let key, let path, let op, let wanted):
            guard let object = try ground.past.object(key, at: revision) else { return false }
            return compare(path.value(in: object.document), op, wanted)
        case .expression(let key, let expression):
            return expression.holds(try ground.past.object(key, at: revision)?.document)
        case .count(let store, let namespace, let op, let wanted):
            try ground.past.requireKnown(store, at: revision)
            return compare(
                .int(Int64(try ground.state(at: revision).count(store, namespace: namespace))), op, .int(wanted))
        }
    }

    /// A field that is not there counts as 0, false or "": Kubernetes leaves those out.
    static func compare(_ found: JSON?, _ op: Comparison, _ wanted: JSON) -> Bool {
        if op == .contains {
            let text = wanted.string ?? wanted.text
            if let elements = found?.array { return elements.contains { $0.string == text } }
            return (found?.string ?? found?.text ?? "").contains(text)
        }
        if let wantedNumber = wanted.number {
            guard let number = found == nil ? 0 : found?.number ?? found?.string.flatMap({ Double($0) }) else {
                return op == .unequal
            }
            return ordered(number == wantedNumber, number < wantedNumber, op)
        }
        if let wantedText = wanted.string {
            let text = found?.string ?? (found == nil ? "" : found!.text)
            return ordered(text == wantedText, text.bytesPrecede(wantedText), op)
        }
        let isEqual = found == wanted || (found == nil && wanted.isEmptyValue)
        return op == .equal ? isEqual : op == .unequal ? !isEqual : false
    }

    private static func ordered(_ isEqual: Bool, _ isLess: Bool, _ op: Comparison) -> Bool {
        switch op {
        case .equal: isEqual
        case .unequal: !isEqual
        case .less: isLess
        case .lessOrEqual: isLess || isEqual
        case .more: !isLess && !isEqual
        case .moreOrEqual: !isLess
        case .contains: false
        }
    }

    /// The revisions at which the answer may have changed, in order: those of the objects it speaks of.
    func candidates(after good: UInt64, through bad: UInt64, _ ground: Ground) throws(APIError) -> [UInt64] {
        var found: Set<UInt64> = []
        var stores: [(store: GroupResource, namespace: String?)] = []
        for term in terms {
            switch term {
            case .exists(let key, _), .isSet(let key, _), .compares(let key, _, _, _), .expression(let key, _):
                for mark in try ground.past.versions(of: key) where mark.revision > good && mark.revision <= bad {
                    found.insert(mark.revision)
                }
            case .count(let store, let namespace, _, _): stores.append((store, namespace))
            }
        }
        if !stores.isEmpty {
            try ground.past.eachBackwards(from: bad, notBefore: good + 1) { event throws(APIError) in
                let counts = event.changes.contains { change in
                    change.kind != .updated
                        && stores.contains {
                            $0.store.resource == change.key.resource && $0.store.group == change.key.group
                                && ($0.namespace == nil || $0.namespace == change.key.namespace)
                        }
                }
                if counts { found.insert(event.revision) }
                return true
            }
        }
        return found.sorted()
    }
}
