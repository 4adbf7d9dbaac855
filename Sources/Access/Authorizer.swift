public import ClusterState
public import Records

/// The authorizer of a running server: the rules of the newest state, and what they answered before. A value with one owner,
/// who calls `apply` with every event of the journal and `authorize` for every request.
public struct Authorizer: Sendable {
    /// The most answers remembered for one user, and the most users; beyond either everything of that kind is forgotten.
    static let answersMax = 4096
    static let usersMax = 8192

    struct Question: Hashable {
        let verb: String
        let group: String
        let resource: String
        let subresource: String
        let namespace: String
        /// Empty in the answers that hold for every name.
        let name: String
        let path: String
    }
    enum Answer {
        case facts(AuthorizationFacts)
        /// Ask again with the name.
        case dependsOnName
    }
    struct Memory {
        var groups: [String]
        var answers: [Question: Answer] = [:]
    }

    public private(set) var rules: AccessRules
    private var nodes = NodeGraph()
    private var memory: [String: Memory] = [:]
    private var generation: UInt64

    /// Starts from a whole state.
    public init(_ state: ClusterState) {
        rules = AccessRules(state)
        generation = rules.generation
    }

    /// Follows one event of the journal; `revision` is the event's.
    public mutating func apply(_ changes: [Change], revision: UInt64) {
        rules.apply(changes, revision: revision)
        nodes.note(changes)
        if rules.generation != generation {
            generation = rules.generation
            memory.removeAll(keepingCapacity: true)
        }
    }

    /// Whether the user may, and by which rule. `state` is the newest one.
    public mutating func authorize(_ request: AccessAttributes, _ state: ClusterState) -> AuthorizationFacts {
        if let facts = AccessRules.privileged(request.user) { return facts }
        if let facts = rules.authorizeNode(request, state, &nodes) { return facts }
        var question = Question(
            verb: request.verb, group: request.group, resource: request.resource, subresource: request.subresource,
            namespace: request.namespace, name: "", path: request.path)
        if let known = memory[request.user.name], known.groups == request.user.groups {
            switch known.answers[question] {
            case .facts(let facts): return facts
            case .dependsOnName:
                question = Authorizer.naming(question, request.name)
                if case .facts(let facts) = known.answers[question] { return facts }
            case nil: break
            }
        } else {
            if memory.count >= Authorizer.usersMax { memory.removeAll(keepingCapacity: true) }
            memory[request.user.name] = Memory(groups: request.user.groups)
        }
        let (facts, dependsOnName) = rules.decide(request)
        remember(request.user.name, question, dependsOnName, request.name, facts)
        return facts
    }

    private static func naming(_ q: Question, _ name: String) -> Question {
        Question(
            verb: q.verb, group: q.group, resource: q.resource, subresource: q.subresource, namespace: q.namespace,
            name: name,
            path: q.path)
    }

    private mutating func remember(
        _ user: String, _ question: Question, _ dependsOnName: Bool, _ name: String, _ facts: AuthorizationFacts
    ) {
        if memory[user, default: Memory(groups: [])].answers.count >= Authorizer.answersMax {
            memory[user]?.answers.removeAll(keepingCapacity: true)
        }
        if dependsOnName {
            memory[user]?.answers[Authorizer.naming(question, "")] = .dependsOnName
            memory[user]?.answers[Authorizer.naming(question, name)] = .facts(facts)
        } else {
            memory[user]?.answers[question] = .facts(facts)
        }
    }
}
