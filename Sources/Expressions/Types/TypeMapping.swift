/// What is known of types still to be found out, and whether types fit one another: upstream's checker's rules.
struct TypeMapping {
    private var found: [String: ExpressionType] = [:]
    private var count = 0

    /// A type nothing is known of yet.
    mutating func fresh() -> ExpressionType {
        count += 1
        return .parameter("_var\(count - 1)")
    }

    /// Whether a value of the first type can stand where the second is wanted; what that tells of open types is kept only then.
    mutating func isAssignable(_ a: ExpressionType, _ b: ExpressionType) -> Bool {
        let before = found
        if fits(a, b) { return true }
        found = before
        return false
    }

    mutating func areAssignable(_ a: [ExpressionType], _ b: [ExpressionType]) -> Bool {
        let before = found
        if allFit(a, b) { return true }
        found = before
        return false
    }

    private mutating func allFit(_ a: [ExpressionType], _ b: [ExpressionType]) -> Bool {
        guard a.count == b.count else { return false }
        for (x, y) in zip(a, b) where !fits(x, y) { return false }
        return true
    }

    private mutating func fits(_ a: ExpressionType, _ b: ExpressionType) -> Bool {
        if case .parameter(let name) = b {
            let (isValid, isKnown) = substitutes(a, name)
            if isValid { return true }
            if isKnown { return false }
        }
        if case .parameter(let name) = a { return substitutes(b, name).isValid }
        if a.isDyn || a.isFailed || b.isDyn || b.isFailed { return true }
        switch (a, b) {
        case (.null, .null): return true
        case (.null, let other), (let other, .null):
            switch other {
            case .opaque, .object, .timestamp, .duration: return true
            default: return false
            }
        case (.type, .type): return true
        case (.list(let x), .list(let y)): return fits(x, y)
        case (.map(let k, let v), .map(let l, let w)): return fits(k, l) && fits(v, w)
        case (.opaque(let x, let p), .opaque(let y, let q)): return x == y && allFit(p, q)
        default: return a == b
        }
    }

    /// Whether an open type can be `type`, and whether it was known already.
    private mutating func substitutes(_ type: ExpressionType, _ name: String) -> (isValid: Bool, isKnown: Bool) {
        if case .parameter(name) = type { return (true, true) }
        if let known = found[name] {
            if type == known { return (true, true) }
            if fits(type, known) {
                let general = TypeMapping.moreGeneral(type, known)
                if !occurs(name, general) { found[name] = general }
                return (true, true)
            }
            return (false, true)
        }
        if occurs(name, type) { return (false, false) }
        found[name] = type
        return (true, false)
    }

    private func occurs(_ name: String, _ type: ExpressionType) -> Bool {
        switch type {
        case .parameter(name): true
        case .parameter(let other): found[other].map { occurs(name, $0) } ?? false
        case .list(let element): occurs(name, element)
        case .map(let key, let value): occurs(name, key) || occurs(name, value)
        case .opaque(_, let parameters): parameters.contains { occurs(name, $0) }
        case .type(let of): of.map { occurs(name, $0) } ?? false
        default: false
        }
    }

    /// The more general of two types that fit.
    static func moreGeneral(_ a: ExpressionType, _ b: ExpressionType) -> ExpressionType {
        isEqualOrLessSpecific(a, b) ? a : b
    }

    private static func isEqualOrLessSpecific(_ a: ExpressionType, _ b: ExpressionType) -> Bool {
        switch (a, b) {
        case (.dyn, _), (.parameter, _): return true
        case (_, .dyn), (_, .parameter): return false
        case (.opaque(let x, let p), .opaque(let y, let q)):
            return x == y && p.count == q.count && zip(p, q).allSatisfy { isEqualOrLessSpecific($0, $1) }
        case (.list(let x), .list(let y)): return isEqualOrLessSpecific(x, y)
        case (.map(let k, let v), .map(let l, let w)):
            return isEqualOrLessSpecific(k, l) && isEqualOrLessSpecific(v, w)
        case (.type, .type): return true
        default: return a == b
        }
    }

    /// The type with all that is known put in; what stays open is `dyn` when asked for.
    func resolve(_ type: ExpressionType, openIsDyn: Bool = false) -> ExpressionType {
        switch type {
        case .parameter(let name):
            if let known = found[name] { return resolve(known, openIsDyn: openIsDyn) }
            return openIsDyn ? .dyn : type
        case .list(let element): return .list(resolve(element, openIsDyn: openIsDyn))
        case .map(let key, let value):
            return .map(resolve(key, openIsDyn: openIsDyn), resolve(value, openIsDyn: openIsDyn))
        case .opaque(let name, let parameters):
            return parameters.isEmpty ? type : .opaque(name, parameters.map { resolve($0, openIsDyn: openIsDyn) })
        case .type(let of): return .type(of.map { resolve($0, openIsDyn: openIsDyn) })
        default: return type
        }
    }

    /// An overload's types with its own open types made fresh.
    mutating func instantiate(_ types: [ExpressionType]) -> [ExpressionType] {
        var names: [String: ExpressionType] = [:]
        func go(_ type: ExpressionType, _ mapping: inout TypeMapping) -> ExpressionType {
            switch type {
            case .parameter(let name):
                if let known = names[name] { return known }
                let made = mapping.fresh()
                names[name] = made
                return made
            case .list(let element): return .list(go(element, &mapping))
            case .map(let key, let value): return .map(go(key, &mapping), go(value, &mapping))
            case .opaque(let name, let parameters): return .opaque(name, parameters.map { go($0, &mapping) })
            case .type(let of): return .type(of.map { go($0, &mapping) })
            default: return type
            }
        }
        return types.map { go($0, &self) }
    }
}
