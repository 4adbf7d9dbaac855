/// Named formats, and whether texts have them.
enum FormatFunctions {
    static let all: [FunctionDeclaration] =
        NamedFormat.all.map { name, format in
            FunctionDeclaration("format." + name, [.plain("format." + name, [], .namedFormat)]) { (_, _) in
                .format(format)
            }
        } + [
            FunctionDeclaration("format.named", [.plain("format-named", [.string], .optional(.namedFormat))]) {
                (_, a) throws(EvaluationError) in
                guard case .string(let name) = a[0] else { throw .noSuchOverload }
                return .optional(NamedFormat.all.first { $0.0 == name }.map { .format($0.1) })
            },
            FunctionDeclaration(
                "validate", [.member("format-validate", [.namedFormat, .string], .optional(.list(.string)))]
            ) { (e, a) throws(EvaluationError) in
                guard case .format(let format) = a[0], case .string(let text) = a[1] else { throw .noSuchOverload }
                try e.spend(text.utf8.count)
                let wrong = format.check(text)
                return .optional(wrong.isEmpty ? nil : .list(wrong.map { .string($0) }))
            },
        ]
}
