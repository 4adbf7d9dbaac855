public import Access
public import Document
public import Records
public import Schema

/// What reviews ask of the rest of the server.
public struct ReviewGround {
    /// Who a token belongs to.
    public enum TokenOutcome: Sendable, Equatable {
        /// The user, and those of the audiences asked for that the token is for.
        case accepted(UserInfo, audiences: [String])
        /// What each authenticator that looked said, in upstream's words: `invalid bearer token`, …
        case refused([String])
    }
    /// Who asks.
    public var user: UserInfo
    public var now: Timestamp
    public var authorize: (AccessAttributes) -> AuthorizationFacts
    /// The `status` of a SelfSubjectRulesReview of a user in a namespace.
    public var rules: (UserInfo, String) -> JSON
    /// Looks a token up, for these audiences or, when there are none, the server's own.
    public var authenticate: (_ token: String, _ audiences: [String]) -> TokenOutcome

    public init(
        user: UserInfo, now: Timestamp, authorize: @escaping (AccessAttributes) -> AuthorizationFacts,
        rules: @escaping (UserInfo, String) -> JSON,
        authenticate: @escaping (_ token: String, _ audiences: [String]) -> TokenOutcome
    ) {
        self.user = user
        self.now = now
        self.authorize = authorize
        self.rules = rules
        self.authenticate = authenticate
    }
}

/// Objects that are questions: they are posted, answered in their `status` with 201, and never stored.
public enum Reviews {
    /// Whether a POST to this resource is answered here.
    public static func answers(_ type: ResourceType) -> Bool {
        switch (type.group, type.resource) {
        case ("authorization.k8s.io", _): true
        case ("authentication.k8s.io", "tokenreviews"), ("authentication.k8s.io", "selfsubjectreviews"): true
        default: false
        }
    }

    /// The answer: the object as it was posted (decoded, defaulted, its managed fields recorded) with its status. `namespace` is
    /// the request's. 400 and 422 for what is no question.
    public static func answer(_ type: ResourceType, _ object: JSON, namespace: String, _ ground: ReviewGround)
        throws(APIError) -> JSON
    {
        switch type.resource {
        case "selfsubjectreviews": return selfSubject(type, ground)
        case "tokenreviews": return try token(object, ground)
        case "selfsubjectrulesreviews": return try rules(type, object, ground)
        case "localsubjectaccessreviews":
            var object = object
            object["metadata", "namespace"] = .string(namespace)
            try AccessReview.validate(object, .local, type)
            if let given = object["spec", "resourceAttributes", "namespace"]?.string, given != namespace {
                throw .badRequest("spec.resourceAttributes.namespace must match namespace: \(namespace)")
            }
            return AccessReview.answered(object, for: AccessReview.user(object), ground)
        case "selfsubjectaccessreviews":
            try AccessReview.validate(object, .mine, type)
            return AccessReview.answered(object, for: ground.user, ground)
        default:
            try AccessReview.validate(object, .anyone, type)
            return AccessReview.answered(object, for: AccessReview.user(object), ground)
        }
    }

    private static func selfSubject(_ type: ResourceType, _ ground: ReviewGround) -> JSON {
        [
            "apiVersion": .string(type.apiVersion), "kind": .string(type.kind),
            "metadata": ["creationTimestamp": .string(ground.now.rfc3339)],
            "status": ["userInfo": document(ground.user)],
        ]
    }

    private static func rules(_ type: ResourceType, _ object: JSON, _ ground: ReviewGround) throws(APIError) -> JSON {
        let namespace = object["spec", "namespace"]?.string ?? ""
        if namespace.isEmpty { throw .badRequest("no namespace on request") }
        return [
            "apiVersion": .string(type.apiVersion), "kind": .string(type.kind), "metadata": [:], "spec": [:],
            "status": ground.rules(ground.user, namespace),
        ]
    }

    private static func token(_ object: JSON, _ ground: ReviewGround) throws(APIError) -> JSON {
        let namespace = object["metadata", "namespace"]?.string ?? ""
        if !namespace.isEmpty { throw .badRequest("namespace is not allowed on this type: \(namespace)") }
        let text = object["spec", "token"]?.string ?? ""
        if text.isEmpty { throw .badRequest("token is required for TokenReview in authentication") }
        var answer = object
        switch ground.authenticate(text, object["spec", "audiences"]?.strings ?? []) {
        case .accepted(let user, let audiences):
            var status: JSON = ["authenticated": true, "user": document(user)]
            if !audiences.isEmpty { status["audiences"] = .array(audiences.map { .string($0) }) }
            answer["status"] = status
        case .refused(let errors):
            var status: JSON = ["user": [:]]
            if !errors.isEmpty {
                status["error"] = .string(errors.count == 1 ? errors[0] : "[" + errors.joined(separator: ", ") + "]")
            }
            answer["status"] = status
        }
        return answer
    }

    /// A user as `authentication.k8s.io` writes it.
    public static func document(_ user: UserInfo) -> JSON {
        var out = JSONObject()
        if !user.name.isEmpty { out["username"] = .string(user.name) }
        if !user.uid.isEmpty { out["uid"] = .string(user.uid) }
        if !user.groups.isEmpty { out["groups"] = .array(user.groups.map { .string($0) }) }
        if !user.extra.isEmpty {
            var extra = JSONObject()
            for entry in user.extra { extra[entry.key] = .array(entry.values.map { .string($0) }) }
            out["extra"] = .object(extra)
        }
        return .object(out)
    }
}
