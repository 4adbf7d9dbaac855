/// The clauses of an Accept header, best first.
struct AcceptHeader {
    struct Clause {
        var type = ""
        var subtype = ""
        var parameters: [(name: String, value: String)] = []
        /// Thousandths.
        var quality = 1000
        subscript(name: String) -> String? { parameters.first { $0.name == name }?.value }
    }
    let clauses: [Clause]
    /// No client says more: what stands behind is passed over.
    private static let clausesMax = 100
    private static let parametersMax = 20

    /// Higher `q` first; then exact types before wildcards; then as written.
    init(_ text: String) {
        var out: [Clause] = []
        for piece in text.utf8.split(separator: UInt8(ascii: ","), maxSplits: Self.clausesMax).prefix(Self.clausesMax) {
            var clause = Clause()
            let parts = Substring(piece).utf8.split(
                separator: UInt8(ascii: ";"), maxSplits: Self.parametersMax, omittingEmptySubsequences: false
            ).prefix(Self.parametersMax).map { Trim.spaces(Substring($0)) }
            guard let first = parts.first, !first.isEmpty else { continue }
            let slash = first.split(separator: "/", maxSplits: 1).map { Trim.spaces($0) }
            if slash.count == 2 {
                (clause.type, clause.subtype) = (slash[0], slash[1])
            } else if slash.count == 1, slash[0] == "*" {
                (clause.type, clause.subtype) = ("*", "*")
            } else {
                continue
            }
            for parameter in parts.dropFirst() {
                let pair = parameter.split(separator: "=", maxSplits: 1).map { Trim.spaces($0) }
                guard pair.count == 2 else { continue }
                if pair[0] == "q" {
                    clause.quality = Double(pair[1]).map { Int(max(0, min(1, $0)) * 1000) } ?? 1000
                } else {
                    clause.parameters.append((pair[0], pair[1]))
                }
            }
            out.append(clause)
        }
        func rank(_ c: Clause) -> Int { (c.type == "*" ? 2 : 0) + (c.subtype == "*" ? 1 : 0) }
        clauses = out.enumerated().sorted { a, b in
            if a.element.quality != b.element.quality { return a.element.quality > b.element.quality }
            if rank(a.element) != rank(b.element) { return rank(a.element) < rank(b.element) }
            return a.offset < b.offset
        }.map(\.element)
    }
}

enum Trim {
    /// Without spaces and tabs at both ends.
    static func spaces(_ text: some StringProtocol) -> String {
        var bytes = Substring(text).utf8[...]
        while let b = bytes.first, b == 32 || b == 9 { bytes.removeFirst() }
        while let b = bytes.last, b == 32 || b == 9 { bytes.removeLast() }
        return String(Substring(bytes))
    }
}
