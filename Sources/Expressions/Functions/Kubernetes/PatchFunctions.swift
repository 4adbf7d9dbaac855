/// What mutating policies need to write paths.
enum PatchFunctions {
    static let names: Set<String> = Set(all.map(\.name))

    static let all: [FunctionDeclaration] = [
        FunctionDeclaration(
            "jsonpatch.escapeKey", [.plain("string_jsonpatch_escapeKey_string", [.string], .string)]
        ) { (e, a) throws(EvaluationError) in
            guard case .string(let text) = a[0] else { throw .noSuchOverload }
            try e.spend(text.utf8.count / 8)
            var out = ""
            for scalar in text.unicodeScalars {
                switch scalar {
                case "~": out += "~0"
                case "/": out += "~1"
                default: out.unicodeScalars.append(scalar)
                }
            }
            return .string(out)
        }
    ]
}
