public import Document

extension StructuralSchema {
    /// What is wrong with a custom resource by its schema, in upstream's words; members in the byte order of their names.
    public func validate(_ document: JSON) -> [FieldError] {
        validateValue(document, path: "")
    }

    /// What is wrong with a value that stands at `path`, such as a default in a definition.
    public func validateValue(_ value: JSON, path: String) -> [FieldError] {
        var errors: [FieldError] = []
        var trail = FieldTrail(root: path)
        validate(value, &trail, &errors)
        return errors
    }

    /// Whether a text is a regular expression that schemas may use as `pattern`.
    public static func isPattern(_ text: String) -> Bool { Pattern(text) != nil }

    /// Whether a value is of this schema; used inside `anyOf`, `oneOf` and `not`.
    private func accepts(_ value: JSON) -> Bool {
        var errors: [FieldError] = []
        var trail = FieldTrail(root: "")
        validate(value, &trail, &errors)
        return errors.isEmpty
    }

    private func subject(_ path: FieldTrail) -> String { path.text + " in body " }

    /// The kind of a value as JSON schema names it.
    private static func kind(_ value: JSON) -> String {
        switch value {
        case .null: "null"
        case .bool: "boolean"
        case .int: "integer"
        case .double(let d): d == d.rounded(.towardZero) ? "integer" : "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }

    func validate(_ value: JSON, _ path: inout FieldTrail, _ errors: inout [FieldError]) {
        if case .null = value, isNullable { return }
        guard hasRightType(value, &path, &errors) else { return }
        combinations(value, &path, &errors)
        switch value {
        case .string(let text): string(text, &path, &errors)
        case .int, .double: number(value, &path, &errors)
        case .array(let elements): array(elements, &path, &errors)
        case .object(let object): self.object(object, &path, &errors)
        default: break
        }
        if !rules.enumeration.isEmpty, !rules.enumeration.contains(value) {
            errors.append(.notSupported(path.text, value, rules.enumeration.map { $0.string ?? $0.text }))
        }
    }

    private func hasRightType(_ value: JSON, _ path: inout FieldTrail, _ errors: inout [FieldError]) -> Bool {
        let kind = Self.kind(value)
        let wanted: String
        if isIntOrString {
            if kind == "integer" || kind == "string" { return true }
            wanted = "integer,string"
        } else {
            if type.isEmpty || kind == type || (type == "number" && kind == "integer") { return true }
            wanted = type
        }
        errors.append(.typeInvalid(path.text, .string(kind), subject(path) + "must be of type \(wanted): \"\(kind)\""))
        return false
    }

    // MARK: Scalars

    private func string(_ text: String, _ path: inout FieldTrail, _ errors: inout [FieldError]) {
        let length = text.unicodeScalars.count
        if let maxLength = rules.maxLength, length > maxLength { errors.append(.tooLong(path.text, maxLength)) }
        if let minLength = rules.minLength, length < minLength {
            errors.append(
                .invalid(path.text, .string(text), subject(path) + "should be at least \(minLength) chars long"))
        }
        if let matcher = rules.matcher, !matcher.matches(text) {
            errors.append(.invalid(path.text, .string(text), subject(path) + "should match '\(rules.pattern)'"))
        }
        if !format.isEmpty, !Formats.accepts(text, format) {
            errors.append(
                .typeInvalid(path.text, .string(text), subject(path) + "must be of type \(format): \"\(text)\""))
        }
    }

    private func number(_ value: JSON, _ path: inout FieldTrail, _ errors: inout [FieldError]) {
        let number = value.number ?? 0
        func shown(_ bound: Double) -> String { JSON.double(bound).text }
        if let multiple = rules.multipleOf, multiple > 0, (number / multiple).rounded() != number / multiple {
            errors.append(.invalid(path.text, value, subject(path) + "should be a multiple of \(shown(multiple))"))
        }
        if let maximum = rules.maximum, rules.isMaximumExclusive ? number >= maximum : number > maximum {
            let words = rules.isMaximumExclusive ? "should be less than" : "should be less than or equal to"
            errors.append(.invalid(path.text, value, subject(path) + words + " " + shown(maximum)))
        }
        if let minimum = rules.minimum, rules.isMinimumExclusive ? number <= minimum : number < minimum {
            let words = rules.isMinimumExclusive ? "should be greater than" : "should be greater than or equal to"
            errors.append(.invalid(path.text, value, subject(path) + words + " " + shown(minimum)))
        }
        let bounds: ClosedRange<Double>? =
            format == "int32" ? -2_147_483_648...2_147_483_647 : Optional.none
        if let bounds, !bounds.contains(number) {
            errors.append(.invalid(path.text, value, subject(path) + "must be of type \(format): \"\(value.text)\""))
        }
    }

    // MARK: Lists and objects

    private func array(_ elements: [JSON], _ path: inout FieldTrail, _ errors: inout [FieldError]) {
        if let items {
            for (i, element) in elements.enumerated() where errors.hasRoom {
                path.steps.append(.index(i))
                items.validate(element, &path, &errors)
                path.steps.removeLast()
            }
        }
        if let minItems = rules.minItems, elements.count < minItems {
            errors.append(
                .invalid(
                    path.text, .int(Int64(elements.count)), subject(path) + "should have at least \(minItems) items"))
        }
        if let maxItems = rules.maxItems, elements.count > maxItems {
            errors.append(.tooMany(path.text, elements.count, maxItems))
        }
        if rules.isUnique, Set(elements.map(\.text)).count < elements.count {
            errors.append(.invalid(path.text, .string(""), subject(path) + "shouldn't contain duplicates"))
        }
        if listType == "set" || listType == "map" { duplicates(elements, &path, &errors) }
    }

    private func duplicates(_ elements: [JSON], _ path: inout FieldTrail, _ errors: inout [FieldError]) {
        var seen: Set<ElementIdentity> = []
        seen.reserveCapacity(elements.count)
        for (i, element) in elements.enumerated() where errors.hasRoom {
            let isNew: Bool
            if listType == "map" {
                isNew =
                    listMapKeys.count == 1
                    ? seen.insert(ElementIdentity(key(listMapKeys[0], of: element) ?? .null)).inserted
                    : seen.insert(ElementIdentity(keys(of: element))).inserted
            } else {
                isNew = seen.insert(ElementIdentity(element)).inserted
            }
            if isNew { continue }
            path.steps.append(.index(i))
            errors.append(.duplicate(path.text, listType == "map" ? keys(of: element) : element))
            path.steps.removeLast()
        }
    }

    private func key(_ name: String, of element: JSON) -> JSON? { element[name] ?? items?.property(name)?.defaultValue }

    private func keys(of element: JSON) -> JSON {
        var keys = JSON.object(JSONObject())
        for name in listMapKeys { keys[name] = key(name, of: element) }
        return keys
    }

    private func object(_ object: JSONObject, _ path: inout FieldTrail, _ errors: inout [FieldError]) {
        if let minProperties = rules.minProperties, object.count < minProperties {
            errors.append(
                .invalid(
                    path.text, .int(Int64(object.count)),
                    subject(path) + "should have at least \(minProperties) properties")
            )
        }
        if let maxProperties = rules.maxProperties, object.count > maxProperties {
            errors.append(.tooMany(path.text, object.count, maxProperties))
        }
        for name in rules.required where object[name] == nil {
            path.steps.append(.member(name))
            errors.append(.required(path.text))
            path.steps.removeLast()
        }
        var place = 0
        for (name, value) in object where errors.hasRoom {
            guard let schema = property(name, after: &place) ?? additional else { continue }
            path.steps.append(.member(name))
            schema.validate(value, &path, &errors)
            path.steps.removeLast()
        }
    }

    // MARK: Combinations

    private func combinations(_ value: JSON, _ path: inout FieldTrail, _ errors: inout [FieldError]) {
        let rules = self.rules
        if rules.allOf.isEmpty, rules.anyOf.isEmpty, rules.oneOf.isEmpty, rules.not == nil { return }
        func refuse(_ words: String) { errors.append(.invalid("<nil>", .string(""), "\"\(path.text)\" " + words)) }
        if !rules.allOf.isEmpty {
            let before = errors.count
            for schema in rules.allOf { schema.validate(value, &path, &errors) }
            if errors.count > before { refuse("must validate all the schemas (allOf)") }
        }
        if !rules.anyOf.isEmpty, !rules.anyOf.contains(where: { $0.accepts(value) }) {
            refuse("must validate at least one schema (anyOf)")
        }
        if !rules.oneOf.isEmpty {
            let count = rules.oneOf.count { $0.accepts(value) }
            if count == 0 { refuse("must validate one and only one schema (oneOf). Found none valid") }
            if count > 1 { refuse("must validate one and only one schema (oneOf). Found \(count) valid alternatives") }
        }
        if let not = rules.not, not.accepts(value) { refuse("must not validate the schema (not)") }
    }
}

/// Where a walk over a document stands: rendered only when there is something to say of the place.
struct FieldTrail {
    enum Step {
        case member(String)
        case index(Int)
    }
    let root: String
    var steps: [Step] = []
    init(root: String) { self.root = root }

    /// `spec.list[3].name`.
    var text: String {
        var out = root
        for step in steps {
            switch step {
            case .member(let name): out += out.isEmpty ? name : "." + name
            case .index(let place): out += "[\(place)]"
            }
        }
        return out
    }
}

/// What tells the elements of a set, or a key of those of a map, from each other.
private enum ElementIdentity: Hashable {
    case text(String)
    case encoded([UInt8])

    init(_ value: JSON) {
        // Beyond ASCII, texts of other bytes can count as equal.
        if case .string(let text) = value, text.utf8.allSatisfy({ $0 < 0x80 }) {
            self = .text(text)
        } else {
            self = .encoded(value.encoded())
        }
    }
}
