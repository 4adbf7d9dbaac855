import Addresses
import Document
import Schema

struct IngressRules: KindRules {
    private static let classAnnotation = "kubernetes.io/ingress.class"
    private static let pathTypes = ["Exact", "ImplementationSpecific", "Prefix"]
    private static let badParts = ["//", "/./", "/../", "%2f", "%2F"]

    func prepareForCreate(_ object: inout JSON, _ context: inout WriteContext) throws(APIError) {
        object["status"] = ["loadBalancer": [:]]
    }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        var errors: [FieldError] = []
        if let given = object["metadata", "annotations", IngressRules.classAnnotation]?.string,
            object["spec"]?.has("ingressClassName") == true
        {
            errors.append(
                .invalid(
                    "annotations.\(IngressRules.classAnnotation)", .string(given),
                    "can not be set when the class field is also set"))
        }
        return errors + validateSpec(object["spec"] ?? .null)
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        if subresource == "status" {
            return ObjectMetaRules.revalidate(object, old: old)
                + (object["status", "loadBalancer"]?.list("ingress") ?? []).enumerated().flatMap { i, ingress in
                    ServiceValidation.validateWhere(ingress, "status.loadBalancer.ingress[\(i)]")
                }
        }
        return ObjectMetaRules.revalidate(object, old: old) + validateSpec(object["spec"] ?? .null)
    }

    func warnings(_ object: JSON, old: JSON?) -> [String] {
        guard old == nil, object["metadata", "annotations", IngressRules.classAnnotation] != nil else { return [] }
        return [
            "annotation \"\(IngressRules.classAnnotation)\" is deprecated, please use 'spec.ingressClassName' instead"
        ]
    }

    private func validateSpec(_ spec: JSON) -> [FieldError] {
        var errors: [FieldError] = []
        if spec.list("rules").isEmpty, !spec.has("defaultBackend") {
            errors.append(
                .invalid("spec", spec["rules"] ?? .null, "either `defaultBackend` or `rules` must be specified"))
        }
        if let backend = spec.given("defaultBackend") { validateBackend(backend, "spec.defaultBackend", &errors) }
        for (i, rule) in spec.list("rules").enumerated() { validateRule(rule, "spec.rules[\(i)]", &errors) }
        for (i, tls) in spec.list("tls").enumerated() where errors.hasRoom {
            for (k, host) in (tls["hosts"]?.strings ?? []).enumerated() where errors.hasRoom {
                let texts =
                    host.utf8.contains(UInt8(ascii: "*")) ? Names.wildcardSubdomain(host) : Names.dnsSubdomain(host)
                errors.addInvalid("spec.tls[\(i)].hosts[\(k)]", .string(host), texts)
            }
            let secret = tls.text("secretName")
            if !secret.isEmpty {
                errors.addInvalid("spec.tls[\(i)].secretName", .string(secret), Names.dnsSubdomain(secret))
            }
        }
        if let name = spec["ingressClassName"]?.string {
            errors.addInvalid("spec.ingressClassName", .string(name), Names.dnsSubdomain(name))
        }
        return errors
    }

    private func validateRule(_ rule: JSON, _ path: String, _ errors: inout [FieldError]) {
        let host = rule.text("host")
        if !host.isEmpty {
            if IPAddress(host) != nil {
                errors.append(.invalid(path + ".host", .string(host), "must be a DNS name, not an IP address"))
            }
            let texts = host.utf8.contains(UInt8(ascii: "*")) ? Names.wildcardSubdomain(host) : Names.dnsSubdomain(host)
            errors.addInvalid(path + ".host", .string(host), texts)
        }
        guard let http = rule.given("http") else { return }
        let paths = http.list("paths")
        if paths.isEmpty { errors.append(.required(path + ".http.paths")) }
        for (i, entry) in paths.enumerated() { validatePath(entry, "\(path).http.paths[\(i)]", &errors) }
    }

    private func validatePath(_ entry: JSON, _ at: String, _ errors: inout [FieldError]) {
        let path = entry.text("path")
        let isAbsolute = path.utf8.first == UInt8(ascii: "/")
        switch entry["pathType"]?.string {
        case nil:
            errors.append(.required(at + ".pathType", "pathType must be specified"))
            return
        case "Exact", "Prefix":
            if !isAbsolute { errors.append(.invalid(at + ".path", .string(path), "must be an absolute path")) }
            if !path.isEmpty {
                for part in IngressRules.badParts where errors.hasRoom && path.contains(part) {
                    errors.append(.invalid(at + ".path", .string(path), "must not contain '\(part)'"))
                }
                for end in ["/..", "/."] where path.hasSuffix(end) {
                    errors.append(.invalid(at + ".path", .string(path), "cannot end with '\(end)'"))
                }
            }
        case "ImplementationSpecific":
            if !path.isEmpty, !isAbsolute {
                errors.append(.invalid(at + ".path", .string(path), "must be an absolute path"))
            }
        case .some(let other): errors.append(.notSupported(at + ".pathType", .string(other), IngressRules.pathTypes))
        }
        validateBackend(entry["backend"] ?? .null, at + ".backend", &errors)
    }

    private func validateBackend(_ backend: JSON, _ at: String, _ errors: inout [FieldError]) {
        switch (backend.given("resource"), backend.given("service")) {
        case (.some, .some): errors.append(.invalid(at, "", "cannot set both resource and service backends"))
        case (.some(let resource), nil):
            errors += ResourceReferenceRules.validate(resource, at + ".resource")
        case (nil, .some(let service)):
            let name = service.text("name")
            if name.isEmpty {
                errors.append(.required(at + ".service.name"))
            } else {
                errors.addInvalid(at + ".service.name", .string(name), Names.dnsLabel(name))
            }
            let portName = service["port"]?.text("name") ?? ""
            let number = service["port"]?.integer("number") ?? 0
            if !portName.isEmpty, number != 0 {
                errors.append(.invalid(at, "", "cannot set both port name & port number"))
            } else if !portName.isEmpty {
                errors.addInvalid(at + ".service.port.name", .string(portName), Names.portName(portName))
            } else if number != 0 {
                errors += Numbers.port(number, path: at + ".service.port.number")
            } else {
                errors.append(.required(at, "port name or number is required"))
            }
        case (nil, nil): errors.append(.invalid(at, "", "resource or service backend is required"))
        }
    }
}

struct IngressClassRules: KindRules {
    func setDefaults(_ object: inout JSON) {
        object.modify("spec") { spec in
            spec.modify("parameters") { if !$0.isNull { $0.fill("scope", "Cluster") } }
        }
    }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        var errors: [FieldError] = []
        let controller = object["spec"]?.text("controller") ?? ""
        if controller.utf8.count > 250 { errors.append(.tooLong("spec.controller", 250)) }
        errors += DomainPrefixedPath.validate(controller, path: "spec.controller")
        if let parameters = object["spec"]?.given("parameters") {
            let at = "spec.parameters"
            errors += ResourceReferenceRules.validate(parameters, at)
            switch parameters.text("scope") {
            case "Namespace":
                if let namespace = parameters["namespace"]?.string {
                    errors.addInvalid(at + ".namespace", .string(namespace), Names.dnsLabel(namespace))
                } else {
                    errors.append(.required(at + ".namespace", "`parameters.scope` is set to 'Namespace'"))
                }
            case "Cluster":
                if parameters.has("namespace") {
                    errors.append(.forbidden(at + ".namespace", "`parameters.scope` is set to 'Cluster'"))
                }
            default:
                errors.append(
                    .notSupported(at + ".scope", .string(parameters.text("scope")), ["Cluster", "Namespace"]))
            }
        }
        return errors
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        ObjectMetaRules.revalidate(object, old: old)
            + Immutability.check(object["spec", "controller"] ?? "", old["spec", "controller"], path: "spec.controller")
            + validateCreate(object, context)
    }
}

/// An object of some kind, by its name: upstream's typed local object reference.
enum ResourceReferenceRules {
    static func validate(_ reference: JSON, _ at: String) -> [FieldError] {
        var errors: [FieldError] = []
        if let group = reference["apiGroup"]?.string {
            errors.addInvalid(at + ".apiGroup", .string(group), Names.dnsSubdomain(group))
        }
        for field in ["kind", "name"] {
            let value = reference.text(field)
            if value.isEmpty {
                errors.append(.required("\(at).\(field)"))
            } else {
                errors.addInvalid("\(at).\(field)", .string(value), Names.pathSegment(value))
            }
        }
        return errors
    }
}

/// `example.com/path`: upstream's `IsDomainPrefixedPath`.
enum DomainPrefixedPath {
    static func validate(_ value: String, path: String) -> [FieldError] {
        if value.isEmpty { return [.required(path)] }
        let parts = value.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
            return [.invalid(path, .string(value), "must be a domain-prefixed path (such as \"acme.io/foo\")")]
        }
        var errors: [FieldError] = []
        errors.addInvalid(path, .string(parts[0]), Names.dnsSubdomain(parts[0]))
        let allowed = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/%:.-_~".utf8)
        if !parts[1].utf8.allSatisfy(allowed.contains) {
            errors.append(
                .invalid(path, .string(parts[1]), Names.pattern("Invalid path", "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+")))
        }
        return errors
    }
}
