import Document

/// The parameters of a URL's query in the order given. Keys may repeat; most readers take the first value.
public struct Query: Sendable, Equatable {
    public struct Parameter: Sendable, Equatable {
        public var name: String
        public var value: String
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }
    public var parameters: [Parameter]

    public init(_ parameters: [Parameter] = []) { self.parameters = parameters }

    /// Reads what stands after `?`. As Go's `url.Query()`, a parameter with a bad escape or a `;` is dropped.
    public init(parsing text: Substring) {
        parameters = []
        guard !text.isEmpty else { return }
        for part in text.utf8.split(separator: UInt8(ascii: "&")) {
            if part.contains(UInt8(ascii: ";")) { continue }
            let equals = part.firstIndex(of: UInt8(ascii: "=")) ?? part.endIndex
            let value = equals == part.endIndex ? part[equals...] : part[part.index(after: equals)...]
            guard let name = PercentEncoding.decode(part[..<equals], plusIsSpace: true),
                let value = PercentEncoding.decode(value, plusIsSpace: true)
            else { continue }
            parameters.append(Parameter(name: name, value: value))
        }
    }

    /// The first value of that name; nil when the query has none.
    public subscript(name: String) -> String? {
        for parameter in parameters where parameter.name == name { return parameter.value }
        return nil
    }
    /// Every value of that name, in order.
    public func all(_ name: String) -> [String] { parameters.filter { $0.name == name }.map(\.value) }
    public var isEmpty: Bool { parameters.isEmpty }

    /// A Go bool parameter: absent is nil; "false" and "0" are false; everything else, "" included, is true.
    public func flag(_ name: String) -> Bool? {
        guard let value = self[name] else { return nil }
        let lower = value.lowercased()
        return lower != "false" && lower != "0"
    }

    /// A Go int64 parameter: absent and "" are nil.
    public func integer(_ name: String) throws(QueryError) -> Int64? {
        guard let value = self[name], !value.isEmpty else { return nil }
        return try GoNumbers.parseInt(value)
    }
}

/// A parameter that cannot be read; `message` is Go's own.
public struct QueryError: Error, Equatable, Sendable {
    public let message: String
    public init(message: String) { self.message = message }
}

/// `strconv.ParseInt` and `ParseUint` in base 10, with their messages.
package enum GoNumbers {
    package static func parseInt(_ text: String) throws(QueryError) -> Int64 {
        let digits = text.utf8.first == 45 || text.utf8.first == 43 ? text.utf8.dropFirst() : text.utf8[...]
        guard !digits.isEmpty, digits.allSatisfy({ $0 >= 48 && $0 <= 57 }) else {
            throw QueryError(message: "strconv.ParseInt: parsing \(goQuoted(text)): invalid syntax")
        }
        guard let value = Int64(text) else {
            throw QueryError(message: "strconv.ParseInt: parsing \(goQuoted(text)): value out of range")
        }
        return value
    }

    package static func parseUInt(_ text: String) throws(QueryError) -> UInt64 {
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }) else {
            throw QueryError(message: "strconv.ParseUint: parsing \(goQuoted(text)): invalid syntax")
        }
        guard let value = UInt64(text) else {
            throw QueryError(message: "strconv.ParseUint: parsing \(goQuoted(text)): value out of range")
        }
        return value
    }
}
