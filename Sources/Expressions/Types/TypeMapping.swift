/// What is known of types still to be found out, and whether types fit one another: upstream's checker's rules.
struct TypeMapping {
    private var found: [String: ExpressionType] = [:]
    /// What was known before each change that may still be taken back.
    private var changes: [(name: String, before: ExpressionType?)] = []
    private var count = 0
    /// Types share their parts, so that few words can make one that takes for ever to walk through: steps that may still be taken.
    private var stepsLeft = 2_000_000

    /// Whether the types were too large to be looked at.
    var isSpent: Bool { stepsLeft <= 0 }

    /// A type nothing is known of yet.
    mutating func fresh() -> ExpressionType {
        count += 1
        return .parameter("_var\(count - 1)")
    }

    /// Whether a value of the first type can stand where the second is wanted; what that tells of open types is kept only then.
    mutating func isAssignable(_ a: ExpressionType, _ b: ExpressionType) -> Bool {
        let mark = changes.count
        return settle(fits(a, b), mark)
    }

    mutating func areAssignable(_ a: [ExpressionType], _ b: [ExpressionType]) -> Bool {
        let mark = changes.count
        return settle(allFit(a, b), mark)
    }

    /// Keeps what was found out, or takes it back.
    private mutating func settle(_ isKept: Bool, _ mark: Int) -> Bool {
        if isKept {
            changes.removeSubrange(mark...)
        } else {
            while changes.count > mark {
                let (name, before) = changes.removeLast()
                found[name] = before
            }
        }
        return isKept
    }

    private mutating func set(_ name: String, _ type: ExpressionType) {
        changes.append((name, found[name]))
        found[name] = type
    }

    private mutating func allFit(_ a: [ExpressionType], _ b: [ExpressionType]) -> Bool {
        guard a.count == b.count else { return false }
        for (x, y) in zip(a, b) where !fits(x, y) { return false }
        return true
    }

    private mutating func fits(_ a: ExpressionType, _ b: ExpressionType) -> Bool {
        stepsLeft -= 1
        if isSpent { return true }
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
            if same(type, known) { return (true, true) }
            if fits(type, known) {
                let general = moreGeneral(type, known)
                if !occurs(name, general) { set(name, general) }
                return (true, true)
            }
            return (false, true)
        }
        if occurs(name, type) { return (false, false) }
        set(name, type)
        return (true, false)
    }

    private mutating func occurs(_ name: String, _ type: ExpressionType) -> Bool {
        stepsLeft -= 1
        if isSpent { return false }
        switch type {
        case .parameter(name): return true
        case .parameter(let other):
            guard let known = found[other] else { return false }
            return occurs(name, known)
        case .list(let element), .type(let element?): return occurs(name, element)
        case .map(let key, let value): return occurs(name, key) || occurs(name, value)
        case .opaque(_, let parameters):
            for parameter in parameters where occurs(name, parameter) { return true }
            return false
        default: return false
        }
    }

    /// Whether two types are exactly the same.
    mutating func same(_ a: ExpressionType, _ b: ExpressionType) -> Bool {
        stepsLeft -= 1
        if isSpent { return true }
        switch (a, b) {
        case (.list(let x), .list(let y)), (.type(let x?), .type(let y?)): return same(x, y)
        case (.map(let k, let v), .map(let l, let w)): return same(k, l) && same(v, w)
        case (.opaque(let x, let p), .opaque(let y, let q)):
            guard x == y, p.count == q.count else { return false }
            for (i, j) in zip(p, q) where !same(i, j) { return false }
            return true
        default: return a == b
        }
    }

    /// The more general of two types that fit.
    mutating func moreGeneral(_ a: ExpressionType, _ b: ExpressionType) -> ExpressionType {
        isEqualOrLessSpecific(a, b) ? a : b
    }

    private mutating func isEqualOrLessSpecific(_ a: ExpressionType, _ b: ExpressionType) -> Bool {
        stepsLeft -= 1
        if isSpent { return true }
        switch (a, b) {
        case (.dyn, _), (.parameter, _): return true
        case (_, .dyn), (_, .parameter): return false
        case (.opaque(let x, let p), .opaque(let y, let q)):
            guard x == y, p.count == q.count else { return false }
            for (i, j) in zip(p, q) where !isEqualOrLessSpecific(i, j) { return false }
            return true
        case (.list(let x), .list(let y)): return isEqualOrLessSpecific(x, y)
        case (.map(let k, let v), .map(let l, let w)):
            return isEqualOrLessSpecific(k, l) && isEqualOrLessSpecific(v, w)
        case (.type, .type): return true
        default: return a == b
        }
    }

    /// The type with all that is known put in; what stays open is `dyn` when asked for.
    mutating func resolve(_ type: ExpressionType, openIsDyn: Bool = false) -> ExpressionType {
        stepsLeft -= 1
        if isSpent { return .dyn }
        switch type {
        case .parameter(let name):
            if let known = found[name] { return resolve(known, openIsDyn: openIsDyn) }
            return openIsDyn ? .dyn : type
        case .list(let element): return .list(resolve(element, openIsDyn: openIsDyn))
        case .map(let key, let value):
            return .map(resolve(key, openIsDyn: openIsDyn), resolve(value, openIsDyn: openIsDyn))
        case .opaque(let name, let parameters):
            if parameters.isEmpty { return type }
            var resolved: [ExpressionType] = []
            for parameter in parameters { resolved.append(resolve(parameter, openIsDyn: openIsDyn)) }
            return .opaque(name, resolved)
        case .type(let of?): return .type(resolve(of, openIsDyn: openIsDyn))
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
