internal import Document

/// Functions of strings. Places in them are counted in characters (Unicode scalars).
enum StringFunctions {
    static let all: [FunctionDeclaration] = [
        test("contains", "contains_string") { text, part in find(part, in: text, from: 0) != nil },
        test("startsWith", "starts_with_string") { $0.starts(with: $1) },
        test("endsWith", "ends_with_string") { $0.count >= $1.count && $0.suffix($1.count).elementsEqual($1) },
        FunctionDeclaration("charAt", [.member("string_char_at_int", [.string, .int], .string)]) {
            (e, a) throws(EvaluationError) in
            guard case .int(let place) = a[1] else { throw .noSuchOverload }
            let text = try scalars(a[0], &e)
            guard place >= 0, place <= Int64(text.count) else { throw EvaluationError("index out of range: \(place)") }
            return .string(place == Int64(text.count) ? "" : string(text[Int(place)..<Int(place) + 1]))
        },
        FunctionDeclaration(
            "indexOf",
            [
                .member("string_index_of_string", [.string, .string], .int),
                .member("string_index_of_string_int", [.string, .string, .int], .int),
            ]
        ) { (e, a) throws(EvaluationError) in
            let text = try scalars(a[0], &e)
            let part = try scalars(a[1], &e)
            var from: Int64 = 0
            if a.count > 2 {
                guard case .int(let given) = a[2] else { throw .noSuchOverload }
                if !part.isEmpty {
                    if given < 0 { throw EvaluationError("index out of range: \(given)") }
                    if given >= Int64(text.count) { return .int(-1) }
                }
                from = given
            }
            if part.isEmpty { return .int(from) }
            return .int(find(part, in: text, from: Int(from)).map { Int64($0) } ?? -1)
        },
        FunctionDeclaration(
            "lastIndexOf",
            [
                .member("string_last_index_of_string", [.string, .string], .int),
                .member("string_last_index_of_string_int", [.string, .string, .int], .int),
            ]
        ) { (e, a) throws(EvaluationError) in
            let text = try scalars(a[0], &e)
            let part = try scalars(a[1], &e)
            var until = Int64(text.count)
            if a.count > 2 {
                guard case .int(let given) = a[2] else { throw .noSuchOverload }
                if !part.isEmpty {
                    if given < 0 { throw EvaluationError("index out of range: \(given)") }
                    if given >= Int64(text.count) { return .int(-1) }
                }
                until = given
            }
            if part.isEmpty { return .int(until) }
            var place = Int(Swift.min(until, Int64(text.count - part.count)))
            while place >= 0 {
                try e.spend(1)
                if text[place] == part[0], text[place..<place + part.count].elementsEqual(part) {
                    return .int(Int64(place))
                }
                place -= 1
            }
            return .int(-1)
        },
        FunctionDeclaration(
            "join",
            [
                .member("list_join", [.list(.string)], .string),
                .member("list_join_string", [.list(.string), .string], .string),
            ]
        ) { (e, a) throws(EvaluationError) in
            var separator = ""
            if a.count > 1 {
                guard case .string(let given) = a[1] else { throw .noSuchOverload }
                separator = given
            }
            var out = ""
            for (i, element) in try ListFunctions.elements(a[0], &e).enumerated() {
                guard case .string(let text) = element else {
                    throw EvaluationError("join: invalid input: \(element.described)")
                }
                try e.spend((text.utf8.count + separator.utf8.count) / 8)
                if i > 0 { out += separator }
                out += text
            }
            return .string(out)
        },
        map("lowerAscii", "string_lower_ascii") { text in
            text.map { ("A"..."Z").contains($0) ? Unicode.Scalar(UInt8($0.value) + 32) : $0 }
        },
        map("upperAscii", "string_upper_ascii") { text in
            text.map { ("a"..."z").contains($0) ? Unicode.Scalar(UInt8($0.value) - 32) : $0 }
        },
        map("trim", "string_trim") { text in
            let isSpace: (Unicode.Scalar) -> Bool = { $0.properties.isWhitespace }
            guard let first = text.firstIndex(where: { !isSpace($0) }),
                let last = text.lastIndex(where: { !isSpace($0) })
            else { return [] }
            return Array(text[first...last])
        },
        FunctionDeclaration(
            "replace",
            [
                .member("string_replace_string_string", [.string, .string, .string], .string),
                .member("string_replace_string_string_int", [.string, .string, .string, .int], .string),
            ]
        ) { (e, a) throws(EvaluationError) in
            var most = Int64.max
            if a.count > 3 {
                guard case .int(let given) = a[3] else { throw .noSuchOverload }
                most = given < 0 ? .max : given
            }
            let text = try scalars(a[0], &e)
            let old = try scalars(a[1], &e)
            let new = try scalars(a[2], &e)
            var out: [Unicode.Scalar] = []
            var place = 0
            var done: Int64 = 0
            while done < most {
                if old.isEmpty {
                    // Between all characters, and at both ends.
                    out += new
                    done += 1
                    try e.spend(1 + new.count / 2)
                    guard place < text.count else { break }
                    out.append(text[place])
                    place += 1
                    continue
                }
                guard let found = find(old, in: text, from: place) else { break }
                try e.spend(1 + (found - place + new.count) / 2)
                out += text[place..<found]
                out += new
                place = found + old.count
                done += 1
            }
            out += text[Swift.min(place, text.count)...]
            return .string(string(out[...]))
        },
        FunctionDeclaration(
            "split",
            [
                .member("string_split_string", [.string, .string], .list(.string)),
                .member("string_split_string_int", [.string, .string, .int], .list(.string)),
            ]
        ) { (e, a) throws(EvaluationError) in
            var most = Int.max
            if a.count > 2 {
                guard case .int(let given) = a[2] else { throw .noSuchOverload }
                most = given < 0 ? .max : Int(clamping: given)
            }
            let text = try scalars(a[0], &e)
            let separator = try scalars(a[1], &e)
            if most == 0 { return .list([]) }
            var out: [Value] = []
            var place = 0
            if separator.isEmpty {
                while place < text.count, out.count < most - 1 {
                    try e.spend(1)
                    out.append(.string(string(text[place..<place + 1])))
                    place += 1
                }
                if place < text.count { out.append(.string(string(text[place...]))) }
                return .list(out)
            }
            while out.count < most - 1, let found = find(separator, in: text, from: place) {
                try e.spend(1 + (found - place) / 4)
                out.append(.string(string(text[place..<found])))
                place = found + separator.count
            }
            out.append(.string(string(text[place...])))
            return .list(out)
        },
        FunctionDeclaration(
            "substring",
            [
                .member("string_substring_int", [.string, .int], .string),
                .member("string_substring_int_int", [.string, .int, .int], .string),
            ]
        ) { (e, a) throws(EvaluationError) in
            guard case .int(let start) = a[1] else { throw .noSuchOverload }
            let text = try scalars(a[0], &e)
            var end = Int64(text.count)
            if a.count > 2 {
                guard case .int(let given) = a[2] else { throw .noSuchOverload }
                end = given
                if start > end {
                    throw EvaluationError("invalid substring range. start: \(start), end: \(end)")
                }
            }
            guard start >= 0, start <= Int64(text.count) else { throw EvaluationError("index out of range: \(start)") }
            guard end >= 0, end <= Int64(text.count) else { throw EvaluationError("index out of range: \(end)") }
            return .string(string(text[Int(start)..<Int(end)]))
        },
        FunctionDeclaration("strings.quote", [.plain("strings_quote", [.string], .string)]) {
            (e, a) throws(EvaluationError) in
            guard case .string(let text) = a[0] else { throw .noSuchOverload }
            try e.spend(text.utf8.count / 4)
            return .string(StringFormat.quoted(text))
        },
        FunctionDeclaration("format", [.member("string_format", [.string, .list(.dyn)], .string)]) {
            (e, a) throws(EvaluationError) in
            guard case .string(let text) = a[0] else { throw .noSuchOverload }
            return .string(try StringFormat.format(text, try ListFunctions.elements(a[1], &e), &e))
        },
    ]

    /// The characters of a string, paid for.
    static func scalars(_ value: Value, _ e: inout Evaluator) throws(EvaluationError) -> [Unicode.Scalar] {
        guard case .string(let text) = value else { throw .noSuchOverload }
        try e.spend(text.utf8.count / 4)
        return Array(text.unicodeScalars)
    }

    static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        String(String.UnicodeScalarView(scalars))
    }

    /// Where a part is first found: in time linear in both (Knuth, Morris and Pratt).
    static func find(_ part: [Unicode.Scalar], in text: [Unicode.Scalar], from: Int) -> Int? {
        if part.isEmpty { return from }
        guard text.count - from >= part.count else { return nil }
        var back = [Int](repeating: 0, count: part.count)
        var k = 0
        for i in 1..<Swift.max(1, part.count) {
            while k > 0, part[i] != part[k] { k = back[k - 1] }
            if part[i] == part[k] { k += 1 }
            back[i] = k
        }
        k = 0
        for i in from..<text.count {
            while k > 0, text[i] != part[k] { k = back[k - 1] }
            if text[i] == part[k] { k += 1 }
            if k == part.count { return i - k + 1 }
        }
        return nil
    }

    private static func test(
        _ name: String, _ id: String, _ holds: @escaping @Sendable ([Unicode.Scalar], [Unicode.Scalar]) -> Bool
    ) -> FunctionDeclaration {
        FunctionDeclaration(name, [.member(id, [.string, .string], .bool)]) { (e, a) throws(EvaluationError) in
            .bool(holds(try scalars(a[0], &e), try scalars(a[1], &e)))
        }
    }

    private static func map(
        _ name: String, _ id: String, _ change: @escaping @Sendable ([Unicode.Scalar]) -> [Unicode.Scalar]
    ) -> FunctionDeclaration {
        FunctionDeclaration(name, [.member(id, [.string], .string)]) { (e, a) throws(EvaluationError) in
            .string(string(change(try scalars(a[0], &e))[...]))
        }
    }
}
