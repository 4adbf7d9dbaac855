public import Document

/// A refused request: a Kubernetes `Status` of status "Failure" as a value.
public struct APIError: Error, Equatable, Sendable {
    /// One `details.causes` entry: usually a field and what is wrong with it.
    public struct Cause: Equatable, Sendable {
        public var reason: String
        public var message: String
        public var field: String
        public init(reason: String, message: String, field: String = "") {
            self.reason = reason
            self.message = message
            self.field = field
        }
    }
    /// The HTTP status code.
    public var code: Int
    /// `metav1.StatusReason`: what clients branch on. Empty for unknown.
    public var reason: String
    public var message: String
    /// `details.group`, `.kind` (the resource's plural name, or the kind for Invalid), `.name`, `.uid`.
    public var group: String
    public var kind: String
    public var name: String
    public var uid: String
    public var causes: [Cause]
    public var retryAfterSeconds: Int?
    /// A continue token a client may go on with (410 Expired of a paged list).
    public var continueToken: String?
    /// Writes `details` even when it is empty, as a 403 for a path has it.
    public var showsEmptyDetails = false

    public init(
        code: Int, reason: String, message: String, group: String = "", kind: String = "", name: String = "",
        uid: String = "",
        causes: [Cause] = [], retryAfterSeconds: Int? = nil, continueToken: String? = nil,
        showsEmptyDetails: Bool = false
    ) {
        self.code = code
        self.reason = reason
        self.message = message
        self.group = group
        self.kind = kind
        self.name = name
        self.uid = uid
        self.causes = causes
        self.retryAfterSeconds = retryAfterSeconds
        self.continueToken = continueToken
        self.showsEmptyDetails = showsEmptyDetails
    }

    /// The `Status` object that a client reads. `details` is left out when it would be empty.
    public var document: JSON {
        var details = JSONObject()
        if !name.isEmpty { details["name"] = .string(name) }
        if !group.isEmpty { details["group"] = .string(group) }
        if !kind.isEmpty { details["kind"] = .string(kind) }
        if !uid.isEmpty { details["uid"] = .string(uid) }
        if !causes.isEmpty {
            details["causes"] = .array(
                causes.map { cause in
                    var entry = JSONObject()
                    if !cause.reason.isEmpty { entry["reason"] = .string(cause.reason) }
                    if !cause.message.isEmpty { entry["message"] = .string(cause.message) }
                    if !cause.field.isEmpty { entry["field"] = .string(cause.field) }
                    return .object(entry)
                })
        }
        if let retryAfterSeconds { details["retryAfterSeconds"] = .int(Int64(retryAfterSeconds)) }
        var metadata = JSONObject()
        if let continueToken { metadata["continue"] = .string(continueToken) }
        var status: JSONObject = [
            "kind": "Status", "apiVersion": "v1", "metadata": .object(metadata), "status": "Failure",
            "message": .string(message), "code": .int(Int64(code)),
        ]
        if !reason.isEmpty { status["reason"] = .string(reason) }
        if !details.isEmpty || showsEmptyDetails { status["details"] = .object(details) }
        return .object(status)
    }
}

extension APIError {
    public static func badRequest(_ message: String) -> APIError {
        .init(code: 400, reason: "BadRequest", message: message)
    }
    /// 413 for a body that says more with few bytes than any object can: `limit` names the place and the limit.
    public static func tooManyParts(_ limit: String) -> APIError {
        .init(code: 413, reason: "RequestEntityTooLarge", message: "Request entity too large: " + limit)
    }
    public static let unauthorized = APIError(code: 401, reason: "Unauthorized", message: "Unauthorized")
    /// 403 in admission's form: `pods "x" is forbidden: because`.
    public static func forbidden(_ resource: GroupResource, _ name: String, _ because: String) -> APIError {
        let subject = name.isEmpty ? resource.description : "\(resource.description) \"\(name)\""
        return .init(
            code: 403, reason: "Forbidden", message: "\(subject) is forbidden: \(because)", group: resource.group,
            kind: resource.resource, name: name)
    }
    public static func notFound(_ resource: GroupResource, _ name: String) -> APIError {
        .init(
            code: 404, reason: "NotFound", message: "\(resource.description) \"\(name)\" not found",
            group: resource.group,
            kind: resource.resource, name: name)
    }
    public static func methodNotAllowed(_ resource: GroupResource, _ action: String) -> APIError {
        .init(
            code: 405, reason: "MethodNotAllowed",
            message: "\(action) is not supported on resources of kind \"\(resource.description)\"",
            group: resource.group, kind: resource.resource)
    }
    public static func alreadyExists(_ resource: GroupResource, _ name: String) -> APIError {
        .init(
            code: 409, reason: "AlreadyExists", message: "\(resource.description) \"\(name)\" already exists",
            group: resource.group,
            kind: resource.resource, name: name)
    }
    public static func conflict(_ resource: GroupResource, _ name: String, _ because: String) -> APIError {
        .init(
            code: 409, reason: "Conflict",
            message: "Operation cannot be fulfilled on \(resource.description) \"\(name)\": \(because)",
            group: resource.group, kind: resource.resource, name: name)
    }
    /// Errors of one object that an answer names.
    package static let errorsShownMax = 1000

    /// 422 with one cause a field: `Kind.group "name" is invalid: [a, b]`.
    public static func invalid(_ kind: GroupVersionKind, _ name: String, _ errors: [FieldError]) -> APIError {
        // Each text once in the message, as upstream's aggregate has it; the causes keep every error. Nobody reads thousands.
        let errors = errors.prefix(errorsShownMax)
        var (texts, seen): ([String], Set<String>) = ([], [])
        for text in errors.lazy.map(\.description) where seen.insert(text).inserted { texts.append(text) }
        let detail = texts.count == 1 ? texts[0] : "[" + texts.joined(separator: ", ") + "]"
        let subject = kind.group.isEmpty ? kind.kind : kind.kind + "." + kind.group
        return .init(
            code: 422, reason: "Invalid", message: "\(subject) \"\(name)\" is invalid: \(detail)", group: kind.group,
            kind: kind.kind,
            name: name, causes: errors.map { .init(reason: $0.type.rawValue, message: $0.body, field: $0.path) })
    }
    public static func gone(_ message: String) -> APIError { .init(code: 410, reason: "Expired", message: message) }
    public static func internalError(_ message: String) -> APIError {
        .init(
            code: 500, reason: "InternalError", message: "Internal error occurred: \(message)",
            causes: [.init(reason: "", message: message)])
    }
}
