import Document
public import Schema

/// How unknown and repeated fields of a body are treated.
public enum FieldValidation: String, Sendable {
    case ignore = "Ignore"
    case warn = "Warn"
    case strict = "Strict"
}

/// The query of a create, an update or a patch: Kubernetes' `CreateOptions`, `UpdateOptions` and `PatchOptions`.
public struct WriteOptions: Sendable, Equatable {
    public enum Operation: Sendable, Equatable {
        case create
        case update
        /// `isApply` for a server-side apply, which needs a field manager and may be forced.
        case patch(isApply: Bool)
    }
    public var isDryRun = false
    /// As the client gave it; empty when it did not: `RequestInfo.defaultFieldManager` then.
    public var fieldManager = ""
    public var fieldValidation = FieldValidation.warn
    /// Only for an apply: take fields that others own.
    public var isForced = false

    public init() {}

    /// Reads and validates. 422 with upstream's texts for what is refused.
    public init(_ query: Query, _ operation: Operation) throws(APIError) {
        fieldManager = query["fieldManager"] ?? ""
        let dryRun = query.all("dryRun").filter { !$0.isEmpty }
        let force = query.flag("force")
        let validation = query["fieldValidation"] ?? ""
        var errors: [FieldError] = []
        if case .patch(let isApply) = operation {
            if isApply {
                if fieldManager.isEmpty { errors.append(.required("fieldManager", "is required for apply patch")) }
            } else if force != nil {
                errors.append(.forbidden("force", "may not be specified for non-apply patch"))
            }
        }
        errors += WriteOptions.managerErrors(fieldManager)
        errors += WriteOptions.dryRunErrors(dryRun)
        if !validation.isEmpty, FieldValidation(rawValue: validation) == nil {
            errors.append(.notSupported("fieldValidation", .string(validation), ["", "Ignore", "Strict", "Warn"]))
        }
        if !errors.isEmpty {
            let kind =
                switch operation {
                case .create: "CreateOptions"
                case .update: "UpdateOptions"
                case .patch: "PatchOptions"
                }
            throw .invalid(GroupVersionKind(group: "meta.k8s.io", version: "", kind: kind), "", errors)
        }
        isDryRun = !dryRun.isEmpty
        isForced = force ?? false
        fieldValidation = FieldValidation(rawValue: validation) ?? .warn
    }

    static func dryRunErrors(_ values: [String]) -> [FieldError] {
        guard !values.allSatisfy({ $0 == "All" }) else { return [] }
        return [.notSupported("dryRun", .array(values.map { .string($0) }), ["All"])]
    }

    static func managerErrors(_ manager: String) -> [FieldError] {
        var errors: [FieldError] = []
        if manager.utf8.count > 128 { errors.append(.tooLong("fieldManager", 128)) }
        for (i, scalar) in manager.unicodeScalars.enumerated() where !scalar.isGoPrintable {
            let hex = String(scalar.value, radix: 16, uppercase: true)
            let padded = String(repeating: "0", count: max(0, 4 - hex.utf8.count)) + hex
            errors.append(
                .invalid(
                    "fieldManager", .string(manager),
                    "should only contain printable characters: bad char U+\(padded) at position \(i)"))
            break
        }
        return errors
    }
}

/// The query of a GET of one object.
public struct GetOptions: Sendable, Equatable {
    /// As the client gave it: "", "0" or a revision.
    public var resourceVersion = ""
    /// `resourceVersionMatch=Exact`: the object as it was when that revision was the newest. Upstream has this for lists only and
    /// overlooks it on a get.
    public var isExact = false
    public init() {}
    public init(_ query: Query) {
        resourceVersion = query["resourceVersion"] ?? ""
        isExact = query["resourceVersionMatch"] == "Exact"
    }

    /// The revision that must be read; nil for the newest. 400, 410 and 504 as lists have them.
    public func exactRevision(current: UInt64, floor: UInt64) throws(APIError) -> UInt64? {
        guard isExact else { return nil }
        guard !resourceVersion.isEmpty else {
            throw .badRequest("resourceVersionMatch=Exact is forbidden unless resourceVersion is provided")
        }
        let wanted = try ResourceVersion.parse(resourceVersion)
        guard wanted > 0 else {
            throw .badRequest("resourceVersionMatch=Exact is forbidden for resourceVersion=0")
        }
        if wanted > current { throw ResourceVersion.tooLarge(wanted, current: current) }
        if wanted < floor { throw ResourceVersion.tooOld(wanted, floor: floor) }
        return wanted
    }
}
