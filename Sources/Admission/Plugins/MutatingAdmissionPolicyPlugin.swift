import Document
import Expressions
import Patching
import Records
import Schema

/// Policies that change objects by expressions, and the bindings that put them into force: upstream's MutatingAdmissionPolicy.
struct MutatingAdmissionPolicyPlugin: AdmissionPlugin {
    let name = "MutatingAdmissionPolicy"
    private static let group = AdmissionRegistrationRules.group
    private static let policies = GroupResource(group: group, resource: "mutatingadmissionpolicies")

    /// One policy as one binding means it.
    private struct Bound {
        let policyName: String
        let bindingName: String
        let policy: CompiledMutations
        let binding: JSON
    }

    func mutate(_ request: inout AdmissionRequest) throws(APIError) {
        guard request.context.state.count(AdmissionPolicies.mutatingBindings) > 0, !request.object.isNull,
            request.operation != .delete
        else { return }
        if request.type.group == Self.group, WebhookDirectory.exempt.contains(request.type.resource) { return }
        if request.reinvocation.isSecond, request.reinvocation.policies.output != request.object {
            request.reinvocation.policies.require()
        }
        for bound in bounds(request) { try apply(bound, &request) }
        request.reinvocation.policies.output = request.object
    }

    /// Bindings that may mean the request, by the names of their policies and then their own.
    private func bounds(_ request: AdmissionRequest) -> [Bound] {
        let state = request.context.state
        let all = state.objects(AdmissionPolicies.mutatingBindings).compactMap { stored -> Bound? in
            let compiled = request.context.settings.compiled
            let binding = compiled.value(of: stored) { $0["spec"] ?? .null }
            let name = binding.text("policyName")
            guard let policy = state.object(Self.policies, "", name) else { return nil }
            return Bound(
                policyName: name, bindingName: stored.key.name,
                policy: compiled.value(of: policy) { CompiledMutations($0["spec"] ?? .null) }, binding: binding)
        }
        return all.sorted {
            $0.policyName == $1.policyName
                ? $0.bindingName.bytesPrecede($1.bindingName) : $0.policyName.bytesPrecede($1.policyName)
        }
    }

    private func apply(_ bound: Bound, _ request: inout AdmissionRequest) throws(APIError) {
        guard AdmissionMatching.matches(bound.policy.spec["matchConstraints"], request, needsRules: true),
            AdmissionMatching.matches(bound.binding["matchResources"], request, needsRules: false)
        else { return }
        var parameters: [JSON] = [.null]
        if bound.policy.hasParams, let reference = bound.binding.given("paramRef") {
            parameters = AdmissionParameters.find(bound.policy.spec["paramKind"] ?? .null, reference, request)
            if parameters.isEmpty {
                if reference.text("parameterNotFoundAction") == "Allow" { return }
                return try fail(
                    bound,
                    "failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction",
                    &request)
            }
        }
        for parameter in parameters { try apply(bound, parameter, &request) }
    }

    private func apply(_ bound: Bound, _ parameter: JSON, _ request: inout AdmissionRequest) throws(APIError) {
        let uid = "\(bound.policyName)/\(bound.bindingName)/\(parameter["metadata"]?.text("name") ?? "")"
        if request.reinvocation.isSecond, !request.reinvocation.policies.again.contains(uid) { return }
        let policy = bound.policy
        if let failure = policy.failure { return try fail(bound, failure, &request) }
        var conditions = AdmissionMatching.scope(request, parameter)
        conditions.composed = policy.variables
        do throws(EvaluationError) {
            guard try policy.conditions.hold(&conditions) else { return }
        } catch {
            return try fail(bound, error.message, &request)
        }
        let before = request.object
        for mutation in policy.mutations {
            var scope = AdmissionMatching.scope(request, parameter)
            scope.composed = policy.variables
            do throws(Mutation.Failure) {
                try mutation.apply(scope, &request)
            } catch {
                try fail(bound, error.message, &request)
            }
        }
        if request.object != before {
            request.reinvocation.policies.require()
            request.reinvocation.isNeeded = true
            request.changed(self, "policy \(bound.policyName) with binding \(bound.bindingName)")
        }
        if policy.spec.text("reinvocationPolicy") == "IfNeeded" { request.reinvocation.policies.note(uid) }
    }

    private func fail(_ bound: Bound, _ why: String, _ request: inout AdmissionRequest) throws(APIError) {
        let text = "policy '\(bound.policyName)' with binding '\(bound.bindingName)' denied request: \(why)"
        if bound.policy.spec.text("failurePolicy") == "Ignore" {
            request.facts.append(AdmissionFact(plugin: name, effect: .answered, detail: "ignored: " + text))
            return
        }
        throw request.forbidden("admission request denied by policy: " + text)
    }
}

/// A policy's expressions, ready to be evaluated.
private struct CompiledMutations: Sendable {
    let spec: JSON
    let hasParams: Bool
    let conditions: MatchConditions
    let variables: [String: Program]
    let mutations: [Mutation]
    /// What is wrong with its variables.
    let failure: String?

    init(_ spec: JSON) {
        self.spec = spec
        let hasParams = spec.has("paramKind")
        self.hasParams = hasParams
        conditions = MatchConditions(spec.list("matchConditions"), hasParams: hasParams)
        var environment = AdmissionExpressions.environment(hasParams: hasParams)
        let (programs, failures) = AdmissionExpressions.compose(spec.list("variables"), &environment)
        variables = programs
        failure = failures.first.map { "compilation error: compilation failed: \($0.error.report)" }
        environment.hasMutationTypes = true
        let whole = environment
        mutations = spec.list("mutations").map { Mutation($0, whole) }
    }
}

/// One of a policy's mutations: an expression whose value is merged into the object, or patches it.
private struct Mutation: Sendable {
    struct Failure: Error { let message: String }
    let isApply: Bool
    private let program: Result<Program, CompilationError>

    init(_ mutation: JSON, _ environment: Environment) {
        isApply = mutation.text("patchType") == "ApplyConfiguration"
        let text = mutation[isApply ? "applyConfiguration" : "jsonPatch"]?.text("expression") ?? ""
        do throws(CompilationError) {
            program = .success(try Program(text, in: environment))
        } catch {
            program = .failure(error)
        }
    }

    func apply(_ scope: Activation, _ request: inout AdmissionRequest) throws(Failure) {
        let program: Program
        do throws(CompilationError) { program = try self.program.get() } catch {
            throw Failure(message: "compilation error: compilation failed: \(error.report)")
        }
        var evaluation = AdmissionEvaluation(scope)
        let value: Value
        do throws(AdmissionEvaluation.Failure) { value = try evaluation.evaluate(program) } catch {
            throw Failure(message: error.message)
        }
        guard let change = value.document else {
            throw Failure(
                message: "unsupported return type from \(isApply ? "ApplyConfiguration" : "JSONPatch") expression")
        }
        do throws(APIError) {
            let kind = request.kind
            var object = try request.version(of: request.object, for: request.type)
            object = isApply ? try merged(change, into: object, request) : try patched(change, object, request)
            try request.settle(&object, of: request.type, kind: kind)
            if !request.type.isCustom, kind == request.type.groupVersionKind {
                Conversion.convert(&object, to: request.type.storageVersion)
            }
            request.object = object
        } catch {
            throw Failure(message: error.message)
        }
    }

    private func merged(_ change: JSON, into object: JSON, _ request: AdmissionRequest) throws(APIError) -> JSON {
        guard change.object != nil else { throw .badRequest("invalid ApplyConfiguration: it is no object") }
        let schema =
            request.kind == request.type.groupVersionKind
            ? request.type.schema : request.context.catalog.type(for: request.kind)
        if let path = ConfigurationMerge.atomicPath(in: change, schema: schema) {
            throw .badRequest(
                "error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: \(path)"
            )
        }
        return ConfigurationMerge.merge(change, into: object, schema: schema)
    }

    private func patched(_ change: JSON, _ object: JSON, _ request: AdmissionRequest) throws(APIError) -> JSON {
        var operations = change.elements
        for place in operations.indices where operations[place]["op"] == "add" && operations[place]["value"] == nil {
            operations[place]["value"] = .null
        }
        return try JSONPatch.apply(.array(operations), to: object, kind: request.kind, name: request.name)
    }
}
