import Document

/// What a second pass of the mutating chain must know of the first: upstream's `ReinvocationContext`. The chain runs again, once, when a
/// webhook or policy changed the object after others of its kind had seen it.
struct Reinvocation: Sendable {
    /// Whether this is the second pass.
    var isSecond = false
    /// Whether there is to be one.
    var isNeeded = false
    var webhooks = Round()
    var policies = Round()

    /// One kind of caller's part.
    struct Round: Sendable {
        /// Who wants to be asked again, and was asked since the last change.
        private var asked: Set<String> = []
        /// Who is to be asked in the second pass.
        private(set) var again: Set<String> = []
        /// The object as the last of them left it.
        var output = JSON.null

        mutating func note(_ uid: String) { asked.insert(uid) }
        /// Something changed: everybody who was asked before is asked again.
        mutating func require() {
            again.formUnion(asked)
            asked = []
        }
    }
}
