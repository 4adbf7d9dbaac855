public import Document
import Expressions
public import Schema

/// Checks a policy's validations against the types of what its rules match: upstream's TypeChecker. What it finds are warnings
/// in the policy's status; they change nothing about the policy's work.
public struct PolicyTypeChecker {
    /// As many kinds of one rule are looked at.
    private static let kindsMax = 10

    private let catalog: Catalog
    private let definitions: [JSON]

    /// - Parameters:
    ///   - catalog: the built-in kinds.
    ///   - definitions: the CustomResourceDefinitions.
    public init(_ catalog: Catalog, definitions: [JSON]) {
        self.catalog = catalog
        self.definitions = definitions
    }

    /// `status.typeChecking.expressionWarnings` of a ValidatingAdmissionPolicy: a `fieldRef` and a `warning` for each expression
    /// that some kind's type contradicts.
    public func warnings(_ policy: JSON) -> [JSON] {
        let spec = policy["spec"] ?? .null
        let kinds = kinds(matchedBy: spec)
        guard !kinds.isEmpty else { return [] }
        let parameters = spec.given("paramKind").map {
            declaration(GroupVersionKind(apiVersion: $0.text("apiVersion"), kind: $0.text("kind"))) ?? .dyn
        }
        let environments = kinds.compactMap { kind -> (GroupVersionKind, Environment)? in
            guard let object = declaration(kind) else { return nil }
            return (kind, environment(object, parameters, spec.list("variables")))
        }
        var warnings: [JSON] = []
        for (place, validation) in spec.list("validations").enumerated() {
            for field in ["expression", "messageExpression"] {
                let text = validation.text(field)
                if text.isEmpty { continue }
                let found = environments.compactMap { contradiction(text, $0, $1) }
                if found.isEmpty { continue }
                warnings.append([
                    "fieldRef": .string("spec.validations[\(place)].\(field)"),
                    "warning": .string(found.joined(separator: "\n")),
                ])
            }
        }
        return warnings
    }

    private func contradiction(_ text: String, _ kind: GroupVersionKind, _ environment: Environment) -> String? {
        do throws(CompilationError) {
            _ = try Program(text, in: environment)
            return nil
        } catch {
            return "\(kind.group)/\(kind.version), Kind=\(kind.kind): \(error.report)\n"
        }
    }

    private func environment(_ object: TypeDeclaration, _ parameters: TypeDeclaration?, _ variables: [JSON])
        -> Environment
    {
        var environment = AdmissionExpressions.environment(hasParams: parameters != nil)
        environment.variables["object"] = object
        environment.variables["oldObject"] = object
        environment.variables["authorizer.requestResource"] = nil
        if let parameters { environment.variables["params"] = parameters }
        _ = AdmissionExpressions.compose(variables, &environment)
        return environment
    }

    // MARK: Kinds

    /// The kinds that the rules name, without those that stars stand for, in order.
    private func kinds(matchedBy spec: JSON) -> [GroupVersionKind] {
        var kinds: Set<GroupVersionKind> = []
        rules: for rule in spec["matchConstraints"]?.list("resourceRules") ?? [] {
            let groups = rule["apiGroups"]?.strings ?? []
            let versions = rule["apiVersions"]?.strings ?? []
            if (groups + versions).contains(where: { $0.contains("*") }) { continue }
            let resources = (rule["resources"]?.strings ?? []).filter { !$0.contains("*") && !$0.contains("/") }
            var count = 0
            for group in groups.sorted() {
                for version in versions.sorted() {
                    for resource in resources.sorted() {
                        for kind in self.kinds(group, version, resource) {
                            kinds.insert(kind)
                            count += 1
                            if count == Self.kindsMax { break rules }
                        }
                    }
                }
            }
        }
        return kinds.sorted { ($0.group, $0.version, $0.kind) < ($1.group, $1.version, $1.kind) }
    }

    /// The kinds of a resource. Upstream's RESTMapper takes the core group's empty name for any group, so that `events` are
    /// those of both groups.
    private func kinds(_ group: String, _ version: String, _ resource: String) -> [GroupVersionKind] {
        let builtIn = catalog.resources.filter {
            !$0.isCustom && $0.resource == resource && $0.version == version && (group.isEmpty || $0.group == group)
        }
        let custom = definitions.compactMap { definition -> GroupVersionKind? in
            let spec = definition["spec"] ?? .null
            guard spec["names"]?.text("plural") == resource, group.isEmpty || spec.text("group") == group,
                servedVersion(spec, version) != nil
            else { return nil }
            return GroupVersionKind(
                group: spec.text("group"), version: version, kind: spec["names"]?.text("kind") ?? "")
        }
        return builtIn.map(\.groupVersionKind) + custom
    }

    private func servedVersion(_ spec: JSON, _ version: String) -> JSON? {
        spec.list("versions").first { $0.text("name") == version && $0["served"] == true }
    }

    /// What is known of a kind's objects; nil for a kind that is not served.
    private func declaration(_ kind: GroupVersionKind) -> TypeDeclaration? {
        if let type = catalog.resource(for: kind), !type.isCustom, let schema = type.schema {
            return StructuredTypes.declaration(schema).named(kind.kind)
        }
        let spec = definitions.lazy.compactMap { $0["spec"] }.first {
            $0.text("group") == kind.group && $0["names"]?.text("kind") == kind.kind
        }
        guard let version = spec.flatMap({ servedVersion($0, kind.version) }),
            let custom = SchemaTypes.declaration(version["schema", "openAPIV3Schema"] ?? [:], isResourceRoot: true)
        else { return nil }
        var fields = custom.fields
        if let meta = catalog.types["io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"] {
            fields["metadata"] = StructuredTypes.declaration(meta)
        }
        return TypeDeclaration.object("object", fields).named(kind.kind)
    }
}
