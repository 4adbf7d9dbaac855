/// URLs and their parts.
enum URLFunctions {
    static let all: [FunctionDeclaration] = [
        FunctionDeclaration("url", [.plain("string_to_url", [.string], .url)]) { (e, a) throws(EvaluationError) in
            guard case .string(let text) = a[0] else { throw .noSuchOverload }
            try e.spend(text.utf8.count / 2)
            guard let url = URLText(text) else {
                let quoted = StringFormat.quoted(text)
                throw EvaluationError(
                    "URL parse error during conversion from string: parse \(quoted): invalid URI for request")
            }
            return .url(url)
        },
        FunctionDeclaration("isURL", [.plain("is_url_string", [.string], .bool)]) { (e, a) throws(EvaluationError) in
            guard case .string(let text) = a[0] else { throw .noSuchOverload }
            try e.spend(text.utf8.count / 2)
            return .bool(URLText(text) != nil)
        },
        part("getScheme", "url_get_scheme") { $0.scheme },
        part("getHost", "url_get_host") { $0.host },
        part("getHostname", "url_get_hostname") { $0.hostname },
        part("getPort", "url_get_port") { $0.port },
        part("getEscapedPath", "url_get_escaped_path") { $0.escapedPath },
        FunctionDeclaration("getQuery", [.member("url_get_query", [.url], .map(.string, .list(.string)))]) {
            (e, a) throws(EvaluationError) in
            guard case .url(let url) = a[0] else { throw .noSuchOverload }
            try e.spend(url.query.utf8.count)
            var out = MapValue()
            for (name, values) in url.parameters { _ = out.set(.string(name), .list(values.map { .string($0) })) }
            return .map(out)
        },
    ]

    private static func part(_ name: String, _ id: String, _ body: @escaping @Sendable (URLText) -> String)
        -> FunctionDeclaration
    {
        FunctionDeclaration(name, [.member(id, [.url], .string)]) { (_, a) throws(EvaluationError) in
            guard case .url(let url) = a[0] else { throw .noSuchOverload }
            return .string(body(url))
        }
    }
}
