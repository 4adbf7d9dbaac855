/// Questions to the authorizer, put together step by step.
enum AuthorizerFunctions {
    static let all: [FunctionDeclaration] = [
        step("path", "authorizer_path", .authorizer, .pathCheck) { (q, text) throws(EvaluationError) in
            if text.isEmpty { throw EvaluationError("path must not be empty") }
            q.stage = .path
            q.path = text
        },
        step("group", "authorizer_group", .authorizer, .groupCheck) { (q, text) in
            q.stage = .group
            q.group = text
        },
        step("resource", "groupcheck_resource", .groupCheck, .resourceCheck) { (q, text) throws(EvaluationError) in
            if text.isEmpty { throw EvaluationError("resource must not be empty") }
            q.stage = .resource
            q.resource = text
        },
        step("subresource", "resourcecheck_subresource", .resourceCheck, .resourceCheck) { $0.subresource = $1 },
        step("namespace", "resourcecheck_namespace", .resourceCheck, .resourceCheck) { $0.namespace = $1 },
        step("name", "resourcecheck_name", .resourceCheck, .resourceCheck) { $0.name = $1 },
        step("fieldSelector", "authorizer_fieldselector", .resourceCheck, .resourceCheck) { $0.fieldSelector = $1 },
        step("labelSelector", "authorizer_labelselector", .resourceCheck, .resourceCheck) { $0.labelSelector = $1 },
        FunctionDeclaration(
            "serviceAccount", [.member("authorizer_serviceaccount", [.authorizer, .string, .string], .authorizer)]
        ) { (_, a) throws(EvaluationError) in
            guard case .question(var question) = a[0], question.stage == .authorizer,
                case .string(let namespace) = a[1],
                case .string(let name) = a[2]
            else { throw .noSuchOverload }
            guard isName(name, dots: true) else { throw EvaluationError("Invalid service account name") }
            guard isName(namespace, dots: false) else { throw EvaluationError("Invalid service account namespace") }
            question.serviceAccount = (namespace, name)
            return .question(question)
        },
        FunctionDeclaration(
            "check",
            [
                .member("pathcheck_check", [.pathCheck, .string], .decision),
                .member("resourcecheck_check", [.resourceCheck, .string], .decision),
            ]
        ) { (e, a) throws(EvaluationError) in
            guard case .question(var question) = a[0], question.stage == .path || question.stage == .resource,
                case .string(let verb) = a[1]
            else { throw .noSuchOverload }
            question.verb = verb
            guard let authorize = e.authorize else { throw EvaluationError("no such attribute(s): authorizer") }
            return .decision(authorize(question))
        },
        answer("errored", "decision_errored", .bool) { .bool($0.error != nil) },
        answer("error", "decision_error", .string) { .string($0.error ?? "") },
        answer("allowed", "decision_allowed", .bool) { .bool($0.isAllowed) },
        answer("reason", "decision_reason", .string) { .string($0.reason) },
    ]

    private static func step(
        _ name: String, _ id: String, _ from: ExpressionType, _ to: ExpressionType,
        _ change: @escaping @Sendable (inout AccessQuestion, String) throws(EvaluationError) -> Void
    ) -> FunctionDeclaration {
        FunctionDeclaration(name, [.member(id, [from, .string], to)]) { (_, a) throws(EvaluationError) in
            guard case .question(var question) = a[0], question.type == from, case .string(let text) = a[1] else {
                throw .noSuchOverload
            }
            try change(&question, text)
            return .question(question)
        }
    }

    private static func answer(
        _ name: String, _ id: String, _ type: ExpressionType, _ part: @escaping @Sendable (AccessDecision) -> Value
    ) -> FunctionDeclaration {
        FunctionDeclaration(name, [.member(id, [.decision], type)]) { (_, a) throws(EvaluationError) in
            guard case .decision(let decision) = a[0] else { throw .noSuchOverload }
            return part(decision)
        }
    }

    private static func isName(_ text: String, dots: Bool) -> Bool {
        (dots ? NameFormats.subdomain(text, isPrefix: false) : NameFormats.label(text, isPrefix: false)).isEmpty
    }
}
