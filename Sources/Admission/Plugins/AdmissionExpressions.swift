import Access
import Document
import Expressions
import Records
import Schema

/// What expressions about a request can name, in policies and match conditions: upstream's admission environment.
enum AdmissionExpressions {
    /// What a family of expressions can name.
    /// - Parameters:
    ///   - hasParams: whether `params` is there: only policies with a `paramKind` have it.
    ///   - hasAuthorizer: messages of validations do not have it.
    static func environment(hasParams: Bool, hasAuthorizer: Bool = true) -> Environment {
        var variables: [String: TypeDeclaration] = [
            "object": .dyn, "oldObject": .dyn, "request": request, "namespaceObject": namespace,
        ]
        if hasParams { variables["params"] = .dyn }
        if hasAuthorizer {
            variables["authorizer"] = .scalar(.authorizer)
            variables["authorizer.requestResource"] = .scalar(.resourceCheck)
        }
        return Environment(variables)
    }

    /// The variables that a policy defines, each of which sees those before it, put into the environment.
    /// - Returns: their programs, and what is wrong with the others by their place.
    static func compose(_ variables: [JSON], _ environment: inout Environment) -> (
        programs: [String: Program], failures: [(place: Int, error: CompilationError)]
    ) {
        var programs: [String: Program] = [:]
        var failures: [(place: Int, error: CompilationError)] = []
        for (i, variable) in variables.enumerated() {
            let name = variable.text("name")
            // Without an expression there is no variable.
            if SchemaRule.trimmed(variable.text("expression")).isEmpty { continue }
            do throws(CompilationError) {
                let program = try Program(variable.text("expression"), in: environment)
                programs[name] = program
                environment.composed[name] = .scalar(program.type)
            } catch {
                failures.append((i, error))
                environment.composed[name] = .dyn
            }
        }
        return (programs, failures)
    }

    private static let strings = TypeDeclaration.list(of: .string)
    private static let kind = TypeDeclaration.object(
        "kubernetes.GroupVersionKind", ["group": .string, "version": .string, "kind": .string])
    private static let resource = TypeDeclaration.object(
        "kubernetes.GroupVersionResource", ["group": .string, "version": .string, "resource": .string])
    private static let user = TypeDeclaration.object(
        "kubernetes.UserInfo",
        ["username": .string, "uid": .string, "groups": strings, "extra": .map(of: strings)])
    private static let request = TypeDeclaration.object(
        "kubernetes.AdmissionRequest",
        [
            "kind": kind, "resource": resource, "subResource": .string, "requestKind": kind,
            "requestResource": resource, "requestSubResource": .string, "name": .string, "namespace": .string,
            "operation": .string, "userInfo": user, "dryRun": .bool, "options": .dyn,
        ])
    private static let namespace = TypeDeclaration.object(
        "kubernetes.Namespace",
        [
            "metadata": .object(
                "kubernetes.NamespaceMetadata",
                [
                    "name": .string, "generateName": .string, "namespace": .string, "labels": .map(of: .string),
                    "annotations": .map(of: .string), "UID": .string, "creationTimestamp": .timestamp,
                    "deletionGracePeriodSeconds": .int, "deletionTimestamp": .timestamp, "generation": .int,
                    "resourceVersion": .string, "finalizers": strings,
                ]),
            "spec": .object("kubernetes.NamespaceSpec", ["finalizers": strings]),
            "status": .object(
                "kubernetes.NamespaceStatus",
                [
                    "conditions": .list(
                        of: .object(
                            "kubernetes.NamespaceCondition",
                            [
                                "status": .string, "type": .string, "lastTransitionTime": .timestamp,
                                "message": .string, "reason": .string,
                            ])),
                    "phase": .string,
                ]),
        ])

    /// What expressions see of a namespace, its times as text.
    private static func shown(_ namespace: JSON) -> JSON {
        var out: JSON = [:]
        for part in ["spec", "status"] { out[part] = namespace[part] ?? [:] }
        out["metadata"] = .object(
            JSONObject((namespace["metadata"]?.entries ?? JSONObject()).filter { metadataShown.contains($0.key) }))
        return out
    }
    private static let metadataShown: Set<String> = [
        "name", "generateName", "namespace", "labels", "annotations", "uid", "creationTimestamp",
        "deletionGracePeriodSeconds", "deletionTimestamp", "generation", "resourceVersion", "finalizers",
    ]

    /// What the names stand for in one request.
    static func activation(_ request: AdmissionRequest, _ parameter: JSON) -> Activation {
        let asker = request.context.user
        let type = request.type
        let kind: JSON = ["group": .string(type.group), "version": .string(type.version), "kind": .string(type.kind)]
        let resource: JSON = [
            "group": .string(type.group), "version": .string(type.version), "resource": .string(type.resource),
        ]
        // As Go writes the review: what is empty is left out.
        var asking: JSON = [
            "kind": kind, "resource": resource, "requestKind": kind, "requestResource": resource,
            "operation": .string(request.operation.rawValue), "dryRun": .bool(request.context.isWithoutEffect),
            "object": .null, "oldObject": .null, "options": request.context.options, "userInfo": [:],
        ]
        for (name, text) in [
            ("subResource", request.subresource), ("requestSubResource", request.subresource),
            ("name", request.name), ("namespace", request.namespace),
        ] where !text.isEmpty { asking[name] = .string(text) }
        for (name, text) in [("username", asker.name), ("uid", asker.uid)] where !text.isEmpty {
            asking["userInfo", name] = .string(text)
        }
        if !asker.groups.isEmpty { asking["userInfo", "groups"] = .array(asker.groups.map { .string($0) }) }
        if !asker.extra.isEmpty {
            asking["userInfo", "extra"] = .object(
                JSONObject(asker.extra.map { ($0.key, .array($0.values.map { .string($0) })) }))
        }
        // A namespace is in no namespace, whatever its requests say.
        let isIn = type.isNamespaced && !request.isFor("namespaces")
        let place =
            isIn ? request.context.state.object(GroupResource(resource: "namespaces"), "", request.namespace) : nil
        var activation = Activation([
            "object": Value(request.object), "oldObject": Value(request.old),
            "request": Value(asking), "params": Value(parameter),
            "namespaceObject": Value(place.map { shown($0.document) } ?? .null),
            "authorizer": .question(.authorizer),
            "authorizer.requestResource": .question(
                .resource(
                    group: type.group, resource: type.resource, subresource: request.subresource,
                    namespace: request.namespace, name: request.name)),
        ])
        activation.timeZone = request.context.settings.timeZone
        let state = request.context.state
        activation.authorize = { question in
            var user = asker
            if let account = question.serviceAccount {
                user = UserInfo(
                    name: "system:serviceaccount:\(account.namespace):\(account.name)",
                    groups: [
                        "system:serviceaccounts", "system:serviceaccounts:\(account.namespace)",
                        "system:authenticated",
                    ])
            }
            var attributes = AccessAttributes(user: user, verb: question.verb, path: question.path)
            if question.stage == .resource {
                attributes = AccessAttributes(
                    user: user, verb: question.verb, group: question.group, version: "*",
                    resource: question.resource, subresource: question.subresource, namespace: question.namespace,
                    name: question.name, fieldSelector: question.fieldSelector)
            }
            let facts = AccessRules(state).authorize(attributes, state)
            return AccessDecision(isAllowed: facts.verdict == .allowed, reason: facts.reason)
        }
        return activation
    }
}

/// Evaluates several expressions about one request within one budget, and says what went wrong in upstream's words.
struct AdmissionEvaluation {
    var activation: Activation
    private(set) var budget: UInt64

    init(_ activation: Activation, budget: UInt64 = CostLimit.perRequest) {
        self.activation = activation
        self.budget = budget
    }

    /// A failure of one expression. When nothing is left for the others, they are not asked.
    struct Failure: Error {
        let message: String
        let isFinal: Bool
    }

    mutating func evaluate(_ program: Program) throws(Failure) -> Value {
        let evaluation = program.evaluate(&activation)
        guard evaluation.cost <= budget else {
            budget = 0
            throw Failure(
                message: "validation failed due to running out of cost budget, no further validation rules will be run",
                isFinal: true)
        }
        budget -= evaluation.cost
        switch evaluation.result {
        case .success(let value): return value
        case .failure(let error):
            throw Failure(
                message: "expression '\(program.text)' resulted in error: \(error.message)", isFinal: false)
        }
    }
}
