import Document
import RequestText

enum JSONTarget {
    /// What is read is written and read again as the same.
    static let run: @Sendable ([UInt8]) -> Void = { input in
        var duplicates: [String] = []
        guard let value = try? JSON.parse(input, duplicates: &duplicates) else { return }
        let written = value.encoded()
        guard let again = try? JSON(parsing: written) else { fatalError("what was written cannot be read") }
        require(again == value, "what was read again differs")
        require(again.encoded() == written, "what was written again differs")
    }
}

enum YAMLTarget {
    static let run: @Sendable ([UInt8]) -> Void = { input in
        guard let value = try? YAMLDocument.parse(input.text) else { return }
        let written = value.encoded()
        require(written.count <= 32 * input.count + 200_000, "\(input.count) bytes became \(written.count)")
        require((try? JSON(parsing: written)) == value, "what YAML said cannot be read as JSON")
    }
}

enum SelectorTarget {
    /// A selector that is read is written and read again as the same; matching by it never fails.
    static let run: @Sendable ([UInt8]) -> Void = { input in
        let (first, second) = input.halves
        if let labels = try? LabelSelector(parsing: first.text) {
            _ = labels.matches([(key: "app", value: "web"), (key: "tier", value: second.text)])
        }
        if let fields = try? FieldSelector(parsing: first.text) { _ = fields.terms.count }
    }
}

enum PathTarget {
    static let run: @Sendable ([UInt8]) -> Void = { input in
        let (path, query) = input.halves
        for method in ["GET", "POST", "PATCH", "DELETE"] {
            let info = RequestInfo(method: method, target: path.text)
            require(info.verb.utf8.count < 32, "an odd verb")
        }
        let parameters = Query(parsing: query.text[...])
        _ = try? ListOptions(parameters, isWatch: false)
        _ = try? ListOptions(parameters, isWatch: true)
    }
}

enum TokenTarget {
    static let run: @Sendable ([UInt8]) -> Void = { input in
        guard let token = JSONWebToken(input.text) else { return }
        require(token.signed.count < input.count + 16, "more was signed than sent")
        _ = TokenClaims(token.claims)
    }
}
