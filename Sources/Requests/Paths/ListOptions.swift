import Document
public import Schema

/// The query of a list, a watch or a deletecollection: Kubernetes' `ListOptions`.
public struct ListOptions: Sendable, Equatable {
    public enum VersionMatch: String, Sendable {
        case unset = ""
        case exact = "Exact"
        case notOlderThan = "NotOlderThan"
    }
    public var labelSelector = LabelSelector()
    public var fieldSelector = FieldSelector()
    /// 0 or less: no limit.
    public var limit: Int64 = 0
    public var continueToken = ""
    /// As the client gave it: "", "0" or a revision.
    public var resourceVersion = ""
    public var resourceVersionMatch = VersionMatch.unset
    public var timeoutSeconds: Int64?
    public var isWatch = false
    public var allowsWatchBookmarks = false
    public var sendsInitialEvents: Bool?

    public init() {}

    /// Reads and validates the options. 400 for what cannot be read, 422 for combinations that mean nothing.
    /// A watch without `resourceVersion` (or from "0") keeps `sendsInitialEvents` nil: its events begin with the present state all the same.
    public init(_ query: Query, isWatch: Bool) throws(APIError) {
        self.isWatch = isWatch
        var match = ""
        do throws(QueryError) {
            if let text = query["labelSelector"], !text.isEmpty { labelSelector = try LabelSelector(parsing: text) }
            if let text = query["fieldSelector"], !text.isEmpty { fieldSelector = try FieldSelector(parsing: text) }
            limit = try query.integer("limit") ?? 0
            timeoutSeconds = try query.integer("timeoutSeconds")
        } catch {
            throw .badRequest(error.message)
        }
        continueToken = query["continue"] ?? ""
        resourceVersion = query["resourceVersion"] ?? ""
        match = query["resourceVersionMatch"] ?? ""
        allowsWatchBookmarks = query.flag("allowWatchBookmarks") ?? false
        sendsInitialEvents = query.flag("sendInitialEvents")
        resourceVersionMatch = VersionMatch(rawValue: match) ?? .unset
        let errors = isWatch ? watchErrors(match) : listErrors(match)
        if !errors.isEmpty {
            throw .invalid(GroupVersionKind(group: "meta.k8s.io", version: "", kind: "ListOptions"), "", errors)
        }
    }

    private func listErrors(_ match: String) -> [FieldError] {
        var errors: [FieldError] = []
        let field = "resourceVersionMatch"
        if !match.isEmpty {
            if resourceVersion.isEmpty {
                errors.append(.forbidden(field, "resourceVersionMatch is forbidden unless resourceVersion is provided"))
            }
            if !continueToken.isEmpty {
                errors.append(.forbidden(field, "resourceVersionMatch is forbidden when continue is provided"))
            }
            if match != "Exact", match != "NotOlderThan" {
                errors.append(.notSupported(field, .string(match), ["Exact", "NotOlderThan", ""]))
            }
            if match == "Exact", resourceVersion == "0" {
                errors.append(
                    .forbidden(field, "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\""))
            }
        }
        if sendsInitialEvents != nil {
            errors.append(.forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"))
        }
        return errors
    }

    private func watchErrors(_ match: String) -> [FieldError] {
        var errors: [FieldError] = []
        let field = "resourceVersionMatch"
        if sendsInitialEvents != nil, match != "NotOlderThan" {
            errors.append(.forbidden(field, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"))
        }
        if !match.isEmpty {
            if sendsInitialEvents == nil {
                errors.append(
                    .forbidden(
                        field, "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"))
            }
            if match != "NotOlderThan" { errors.append(.notSupported(field, .string(match), ["NotOlderThan"])) }
        }
        return errors
    }

    /// Whether a watch begins with the objects there are: from nothing, from "0", or by `sendInitialEvents=true`.
    public var beginsWithPresentState: Bool {
        if let sendsInitialEvents { return sendsInitialEvents }
        return resourceVersion.isEmpty || resourceVersion == "0"
    }
}
