import Records
public import Schema

/// The built-in admission plugins that are on by default, in upstream's order.
public enum AdmissionChain {
    public static let builtin: [any AdmissionPlugin] = [
        RoleEscalation(),
        NamespaceLifecycle(),
        LimitRanger(),
        ServiceAccountPlugin(),
        NodeRestriction(),
        TaintNodesByCondition(),
        PodSecurity(),
        PriorityPlugin(),
        DefaultTolerationSeconds(),
        DefaultStorageClass(),
        StorageObjectInUseProtection(),
        PersistentVolumeClaimResize(),
        RuntimeClassPlugin(),
        CertificateApproval(),
        DefaultIngressClass(),
        PodTopologyLabels(),
        CustomResourceExpressions(),
        MutatingAdmissionPolicyPlugin(),
        MutatingWebhooks(),
        ValidatingAdmissionPolicyPlugin(),
        ValidatingWebhooks(),
    ]
    /// The plugin that comes after every other check, webhooks included.
    public static let last: [any AdmissionPlugin] = [ResourceQuotaPlugin()]

    /// Runs the changing half of every plugin; each that changed the object leaves a fact. Runs it once more when a webhook changed what
    /// others had seen.
    public static func mutate(_ request: inout AdmissionRequest) throws(APIError) {
        for plugin in builtin {
            try run(plugin, &request) { (request) throws(APIError) in try plugin.mutate(&request) }
        }
        guard request.reinvocation.isNeeded else { return }
        request.reinvocation.isSecond = true
        for plugin in builtin {
            try run(plugin, &request) { (request) throws(APIError) in try plugin.mutate(&request) }
        }
    }

    /// Runs the checking half of every plugin, quotas last; each that refused or warned leaves a fact.
    public static func validate(_ request: inout AdmissionRequest) throws(APIError) {
        for plugin in builtin {
            try run(plugin, &request) { (request) throws(APIError) in try plugin.validate(&request) }
        }
        for plugin in last { try run(plugin, &request) { (request) throws(APIError) in try plugin.validate(&request) } }
    }

    private static func run(
        _ plugin: any AdmissionPlugin, _ request: inout AdmissionRequest,
        _ half: (inout AdmissionRequest) throws(APIError) -> Void
    ) throws(APIError) {
        let warnings = request.warnings.count
        do {
            try half(&request)
        } catch {
            if error.isWaiting { throw error }
            request.facts.append(AdmissionFact(plugin: plugin.name, effect: .refused, detail: error.message))
            throw error
        }
        for text in request.warnings.dropFirst(warnings) {
            request.facts.append(AdmissionFact(plugin: plugin.name, effect: .warned, detail: text))
        }
    }
}

extension AdmissionRequest {
    /// Whether this writes an object of that resource itself, or the named subresource.
    func isFor(_ resource: String, group: String = "", subresource wanted: String = "") -> Bool {
        type.resource == resource && subresource == wanted && type.group == group
    }

    /// 403 in admission's form, under the name the object has or will be given.
    func forbidden(_ because: String) -> APIError {
        var name = name
        if name.isEmpty { name = object["metadata", "name"]?.string ?? "" }
        if name.isEmpty { name = object["metadata", "generateName"]?.string ?? "" }
        if name.isEmpty { name = "Unknown" }
        return .forbidden(type.groupResource, name, because)
    }

    /// Leaves word that a plugin changed the object.
    mutating func changed(_ plugin: some AdmissionPlugin, _ detail: String) {
        facts.append(AdmissionFact(plugin: plugin.name, effect: .changed, detail: detail))
    }
}
