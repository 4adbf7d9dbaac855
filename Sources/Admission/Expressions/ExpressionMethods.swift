import Access
import Document
import Records
import Schema

extension ExpressionFunctions {
    /// A function called on a value; nil when there is none of that name for it.
    static func method(
        _ name: String, _ target: ExpressionValue, _ a: [ExpressionValue], _ scope: ExpressionScope
    ) throws(ExpressionError) -> ExpressionValue? {
        switch target {
        case .string(let text): return try onText(name, text, a)
        case .quantity(let amount): return onQuantity(name, amount, a)
        case .timestamp(let time): return onTime(name, time)
        case .duration(let nanoseconds):
            switch name {
            case "getHours": return .int(nanoseconds / 3_600_000_000_000)
            case "getMinutes": return .int(nanoseconds / 60_000_000_000)
            case "getSeconds": return .int(nanoseconds / 1_000_000_000)
            case "getMilliseconds": return .int(nanoseconds / 1_000_000)
            default: return nil
            }
        case .address(let address):
            switch name {
            case "family": return .int(address.isIPv6 ? 6 : 4)
            case "isUnspecified": return .bool(address.isUnspecified)
            case "isLoopback": return .bool(address.isLoopback)
            case "isLinkLocalUnicast": return .bool(address.isLinkLocal)
            case "isLinkLocalMulticast": return .bool(address.isLinkLocalMulticast)
            default: return nil
            }
        case .range(let range):
            switch (name, a.first) {
            case ("prefixLength", nil): return .int(Int64(range.prefixLength))
            case ("ip", nil): return .address(range.address)
            case ("masked", nil): return AddressRange(range.text).map { .range($0) }
            case ("containsIP", .address(let other)): return .bool(range.contains(other))
            case ("containsIP", .string(let text)): return IPAddress(text).map { .bool(range.contains($0)) }
            case ("containsCIDR", .range(let other)):
                return .bool(other.prefixLength >= range.prefixLength && range.contains(other.base))
            case ("containsCIDR", .string(let text)):
                return AddressRange(text).map {
                    .bool($0.prefixLength >= range.prefixLength && range.contains($0.base))
                }
            default: return nil
            }
        case .optional(let inner):
            switch name {
            case "hasValue": return .bool(inner != nil)
            case "value":
                guard let inner else { throw ExpressionError("optional.none() dereference") }
                return inner
            default: return nil
            }
        case .question(let question): return ask(name, question, a, scope)
        case .verdict(let allowed, let reason):
            switch name {
            case "allowed": return .bool(allowed)
            case "reason": return .string(reason)
            case "errored": return .bool(false)
            case "error": return .string("")
            default: return nil
            }
        default: break
        }
        if name == "size", a.isEmpty {
            return (target.elements?.count ?? target.entries?.count).map { .int(Int64($0)) }
        }
        if let list = target.elements { return onList(name, list, a) }
        return nil
    }

    private static func onText(_ name: String, _ text: String, _ a: [ExpressionValue]) throws(ExpressionError)
        -> ExpressionValue?
    {
        let scalars = Array(text.unicodeScalars)
        func string(_ part: some Sequence<Unicode.Scalar>) -> ExpressionValue {
            var out = String.UnicodeScalarView()
            out.append(contentsOf: part)
            return .string(String(out))
        }
        switch (name, a.first, a.count) {
        case ("size", nil, 0): return .int(Int64(scalars.count))
        case ("startsWith", .string(let other), 1): return .bool(text.utf8.starts(with: other.utf8))
        case ("endsWith", .string(let other), 1): return .bool(text.utf8.reversed().starts(with: other.utf8.reversed()))
        case ("contains", .string(let other), 1): return .bool(other.isEmpty || text.contains(other))
        case ("matches", .string(let pattern), 1):
            guard let compiled = Pattern(pattern) else { throw ExpressionError("error parsing regexp: `\(pattern)`") }
            return .bool(compiled.matches(text))
        case ("lowerAscii", nil, 0): return .string(text.lowercased())
        case ("upperAscii", nil, 0): return .string(text.uppercased())
        case ("trim", nil, 0):
            let start = text.drop { $0.isWhitespace }
            return .string(String(start.reversed().drop { $0.isWhitespace }.reversed()))
        case ("reverse", nil, 0): return string(scalars.reversed())
        case ("charAt", .int(let place), 1):
            guard (0...Int64(scalars.count)).contains(place) else {
                throw ExpressionError("index out of range: \(place)")
            }
            return string(scalars.dropFirst(Int(place)).prefix(1))
        case ("substring", .int(let from), let count):
            var to = Int64(scalars.count)
            if count > 1, case .int(let end) = a[1] { to = end }
            guard from >= 0, from <= to, to <= Int64(scalars.count) else {
                throw ExpressionError("index out of range: \(from)")
            }
            return string(scalars[Int(from)..<Int(to)])
        case ("indexOf", .string(let other), _), ("lastIndexOf", .string(let other), _):
            let wanted = Array(other.unicodeScalars)
            if wanted.isEmpty { return .int(name == "indexOf" ? 0 : Int64(scalars.count)) }
            guard wanted.count <= scalars.count else { return .int(-1) }
            let places = (0...(scalars.count - wanted.count)).filter {
                Array(scalars[$0..<($0 + wanted.count)]) == wanted
            }
            return .int((name == "indexOf" ? places.first : places.last).map { Int64($0) } ?? -1)
        case ("split", .string(let separator), _):
            return .list(text.pieces(by: separator).map { .string($0) })
        case ("replace", .string(let old), let count) where count > 1:
            guard case .string(let new) = a[1] else { return nil }
            if old.isEmpty { return .string(text) }
            return .string(text.pieces(by: old).joined(separator: new))
        default: return nil
        }
    }

    private static func onList(_ name: String, _ list: [ExpressionValue], _ a: [ExpressionValue]) -> ExpressionValue? {
        switch (name, a.count) {
        case ("join", _):
            var separator = ""
            if case .string(let given)? = a.first { separator = given }
            var parts: [String] = []
            for element in list { if case .string(let text) = element { parts.append(text) } else { return nil } }
            return .string(parts.joined(separator: separator))
        case ("indexOf", 1): return .int(list.firstIndex { $0.equals(a[0]) }.map { Int64($0) } ?? -1)
        case ("lastIndexOf", 1): return .int(list.lastIndex { $0.equals(a[0]) }.map { Int64($0) } ?? -1)
        case ("isSorted", 0): return .bool(zip(list, list.dropFirst()).allSatisfy { ($0.compare($1) ?? 1) <= 0 })
        case ("min", 0): return extreme(list, false)
        case ("max", 0): return extreme(list, true)
        case ("sum", 0):
            var ints: Int64 = 0
            var reals = 0.0
            var isReal = false
            for element in list {
                switch element {
                case .int(let i): ints &+= i
                case .double(let d):
                    reals += d
                    isReal = true
                default: return nil
                }
            }
            return isReal ? .double(reals + Double(ints)) : .int(ints)
        case ("flatten", 0): return .list(list.flatMap { $0.elements ?? [$0] })
        case ("distinct", 0):
            var out: [ExpressionValue] = []
            for element in list where !out.contains(where: { $0.equals(element) }) { out.append(element) }
            return .list(out)
        case ("sort", 0): return .list(list.sorted { ($0.compare($1) ?? 0) < 0 })
        case ("reverse", 0): return .list(list.reversed())
        default: return nil
        }
    }

    private static func onQuantity(_ name: String, _ amount: Amount, _ a: [ExpressionValue]) -> ExpressionValue? {
        switch (name, a.first) {
        case ("isGreaterThan", .quantity(let other)): return .bool(amount > other)
        case ("isLessThan", .quantity(let other)): return .bool(amount < other)
        case ("compareTo", .quantity(let other)): return .int(amount < other ? -1 : amount == other ? 0 : 1)
        case ("add", .quantity(let other)): return .quantity(amount + other)
        case ("sub", .quantity(let other)): return .quantity(amount - other)
        case ("sign", nil): return .int(amount.billionths < 0 ? -1 : amount.billionths == 0 ? 0 : 1)
        case ("isInteger", nil): return .bool(amount.isWhole)
        case ("asInteger", nil): return .int(Int64(clamping: amount.value))
        case ("asApproximateFloat", nil): return .double(Double(amount.billionths) / 1e9)
        default: return nil
        }
    }

    private static func onTime(_ name: String, _ time: Timestamp) -> ExpressionValue? {
        let text = Array(time.rfc3339.utf8)
        func number(_ from: Int, _ count: Int) -> Int64 {
            text[from..<(from + count)].reduce(0) { $0 * 10 + Int64($1 - 48) }
        }
        switch name {
        case "getFullYear": return .int(number(0, 4))
        case "getMonth": return .int(number(5, 2) - 1)
        case "getDate": return .int(number(8, 2))
        case "getDayOfMonth": return .int(number(8, 2) - 1)
        case "getHours": return .int(number(11, 2))
        case "getMinutes": return .int(number(14, 2))
        case "getSeconds": return .int(number(17, 2))
        case "getDayOfWeek":
            let days = time.seconds >= 0 ? time.seconds / 86400 : (time.seconds - 86399) / 86400
            return .int(((days + 4) % 7 + 7) % 7)
        default: return nil
        }
    }

    private static func ask(
        _ name: String, _ question: AccessAttributes, _ a: [ExpressionValue], _ scope: ExpressionScope
    ) -> ExpressionValue? {
        var next = question
        if name == "serviceAccount", a.count == 2, case .string(let namespace) = a[0], case .string(let account) = a[1]
        {
            next.user = UserInfo(
                name: "system:serviceaccount:\(namespace):\(account)",
                groups: ["system:serviceaccounts", "system:serviceaccounts:" + namespace, "system:authenticated"])
            return .question(next)
        }
        guard case .string(let text)? = a.first else { return nil }
        switch name {
        case "path":
            next.path = text
            next.isResourceRequest = false
        case "group": next.group = text
        case "resource": next.resource = text
        case "subresource": next.subresource = text
        case "namespace": next.namespace = text
        case "name": next.name = text
        case "check":
            next.verb = text
            guard let answer = scope.authorize?(next) else { return nil }
            return .verdict(answer.allowed, reason: answer.reason)
        default: return nil
        }
        return .question(next)
    }
}

extension String {
    /// The parts between separators; the characters for an empty one.
    func pieces(by separator: String) -> [String] {
        if separator.isEmpty { return unicodeScalars.map { String(Character($0)) } }
        let (text, mark) = (Array(utf8), Array(separator.utf8))
        var parts: [String] = []
        var start = 0
        var i = 0
        while i + mark.count <= text.count {
            if text[i] == mark[0], text[i..<(i + mark.count)].elementsEqual(mark) {
                parts.append(String(decoding: text[start..<i], as: UTF8.self))
                i += mark.count
                start = i
            } else {
                i += 1
            }
        }
        return parts + [String(decoding: text[start...], as: UTF8.self)]
    }
}
