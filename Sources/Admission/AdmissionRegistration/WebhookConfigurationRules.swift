import Document
import Schema

/// ValidatingWebhookConfiguration and MutatingWebhookConfiguration.
struct WebhookConfigurationRules: KindRules {
    let isMutating: Bool
    var checksStandardFinalizers: Bool { false }
    var allowsUnconditionalUpdate: Bool { false }

    func setDefaults(_ object: inout JSON) {
        object.modify("webhooks") { hooks in
            hooks.modifyElements { _, hook in
                hook.fill("failurePolicy", "Fail")
                hook.fill("matchPolicy", "Equivalent")
                hook.fill("namespaceSelector", [:])
                hook.fill("objectSelector", [:])
                hook.fill("timeoutSeconds", 10)
                if isMutating { hook.fill("reinvocationPolicy", "Never") }
                hook.modify("rules") { $0.modifyElements { _, rule in rule.fill("scope", "*") } }
                hook.modify("clientConfig") { client in
                    client.modify("service") { if !$0.isNull { $0.fill("port", 443) } }
                }
            }
        }
    }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        var errors: [FieldError] = []
        var names: Set<String> = []
        for (i, hook) in object.list("webhooks").enumerated() where errors.hasRoom {
            let at = "webhooks[\(i)]"
            errors += validate(hook, at)
            errors += WebhookClient.validateVersions(
                hook["admissionReviewVersions"]?.strings ?? [], at + ".admissionReviewVersions",
                whenNone: "must specify one of v1, v1beta1")
            let name = hook.text("name")
            if !name.isEmpty, !names.insert(name).inserted { errors.append(.duplicate(at + ".name", .string(name))) }
        }
        return errors
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        validateCreate(object, context)
    }

    private func validate(_ hook: JSON, _ at: String) -> [FieldError] {
        var errors: [FieldError] = []
        let name = hook.text("name")
        if name.isEmpty {
            errors.append(.required(at + ".name"))
        } else {
            let texts = Names.dnsSubdomain(name)
            errors.addInvalid(at + ".name", .string(name), texts)
            if texts.isEmpty, name.split(separator: ".").count < 3 {
                errors.append(
                    .invalid(
                        at + ".name", .string(name), "should be a domain with at least three segments separated by dots"
                    ))
            }
        }
        for (i, rule) in hook.list("rules").enumerated() where errors.hasRoom {
            errors += AdmissionRegistrationRules.validateRule(rule, "\(at).rules[\(i)]")
        }
        func oneOf(_ field: String, _ allowed: [String]) {
            if let value = hook[field]?.string, !allowed.contains(value) {
                errors.append(.notSupported("\(at).\(field)", .string(value), allowed))
            }
        }
        oneOf("failurePolicy", ["Fail", "Ignore"])
        oneOf("matchPolicy", ["Equivalent", "Exact"])
        let effects = ["None", "NoneOnDryRun"]
        if let value = hook["sideEffects"]?.string {
            if !effects.contains(value) { errors.append(.notSupported(at + ".sideEffects", .string(value), effects)) }
        } else {
            errors.append(.required(at + ".sideEffects", "must specify one of None, NoneOnDryRun"))
        }
        if isMutating { oneOf("reinvocationPolicy", ["IfNeeded", "Never"]) }
        if let seconds = hook.integer("timeoutSeconds"), !(1...30).contains(seconds) {
            errors.append(
                .invalid(at + ".timeoutSeconds", .int(seconds), "the timeout value must be between 1 and 30 seconds"))
        }
        for selector in ["namespaceSelector", "objectSelector"] {
            if let given = hook.given(selector) {
                errors += LabelRules.validateSelector(given, path: "\(at).\(selector)")
            }
        }
        let client = hook["clientConfig"] ?? .null
        errors += WebhookClient.validate(
            client, at + ".clientConfig", orMore: "exactly one of url or service is required")
        return errors
            + AdmissionRegistrationRules.validateMatchConditions(hook.list("matchConditions"), at + ".matchConditions")
    }
}

/// How a webhook is reached.
enum WebhookClient {
    static func validate(_ client: JSON, _ at: String, orMore: String) -> [FieldError] {
        switch (client["url"]?.string, client.given("service")) {
        case (nil, nil), (.some, .some): return [.required(at, orMore)]
        case (.some(let url), nil): return validateURL(url, at + ".url")
        case (nil, .some(let service)):
            return validateService(service, at + ".service")
        }
    }

    /// The versions of the review that a webhook understands.
    static func validateVersions(_ versions: [String], _ path: String, whenNone: String) -> [FieldError] {
        if versions.isEmpty { return [.required(path, whenNone)] }
        var errors: [FieldError] = []
        var seen: Set<String> = []
        for (i, version) in versions.enumerated() {
            if !seen.insert(version).inserted {
                errors.append(.invalid("\(path)[\(i)]", .string(version), "duplicate version"))
                continue
            }
            errors.addInvalid("\(path)[\(i)]", .string(version), Names.dns1035Label(version))
        }
        if !seen.contains("v1"), !seen.contains("v1beta1") {
            errors.append(
                .invalid(path, .array(versions.map { .string($0) }), "must include at least one of v1, v1beta1"))
        }
        return errors
    }

    private static func validateService(_ service: JSON, _ at: String) -> [FieldError] {
        var errors: [FieldError] = []
        // Upstream takes one for the other.
        for (field, named) in [("namespace", "name"), ("name", "namespace")] where service.text(field).isEmpty {
            errors.append(.required("\(at).\(named)"))
        }
        if let port = service.integer("port"), !(1...65535).contains(port) {
            errors.append(
                .invalid(
                    at + ".port", .int(port), "port is not valid: must be between 1 and 65535, inclusive"))
        }
        let path = service.text("path")
        if path.isEmpty || path == "/" { return errors }
        func wrong(_ text: String) { errors.append(.invalid(at + ".path", .string(path), text)) }
        if path == "//" {
            wrong("segment[0] may not be empty")
            return errors
        }
        if !path.hasPrefix("/") { wrong("must start with a '/'") }
        // Whatever the first character is, upstream takes it for the slash.
        var rest = Substring(decoding: path.utf8.dropFirst(), as: UTF8.self)
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        for (i, segment) in rest.split(separator: "/", omittingEmptySubsequences: false).enumerated() {
            if segment.isEmpty {
                wrong("segment[\(i)] may not be empty")
                continue
            }
            for text in Names.dnsSubdomain(String(segment)) { wrong("segment[\(i)]: \(text)") }
        }
        return errors
    }

    private static func validateURL(_ url: String, _ at: String) -> [FieldError] {
        let form = "; desired format: https://host[/path]"
        guard url.hasPrefix("https://") else {
            let hasHost = url.contains("://")
            let scheme = url.split(separator: ":", maxSplits: 1).first.map(String.init) ?? ""
            let wrong = FieldError.invalid(
                at, .string(hasHost ? scheme : ""), "'https' is the only allowed URL scheme" + form)
            return hasHost ? [wrong] : [wrong, .invalid(at, "", "host must be specified" + form)]
        }
        let rest = url.dropFirst("https://".count)
        let host = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        var errors: [FieldError] = []
        if host.isEmpty { errors.append(.invalid(at, .string(String(host)), "host must be specified" + form)) }
        if host.contains("@") {
            errors.append(.invalid(at, .string(String(host)), "user information is not permitted in the URL" + form))
        }
        if rest.contains("#") { errors.append(.invalid(at, "", "fragments are not permitted in the URL" + form)) }
        if rest.contains("?") {
            errors.append(.invalid(at, "", "query parameters are not permitted in the URL" + form))
        }
        return errors
    }
}
