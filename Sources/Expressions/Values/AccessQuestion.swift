/// A question that an expression puts to `authorizer`, as far as it has been put.
public struct AccessQuestion: Sendable {
    /// Which part is still to come.
    public enum Stage: Sendable { case authorizer, path, group, resource }
    public var stage: Stage
    /// A service account's name (`system:serviceaccount:…`) when it asks for another than the request's user.
    public var serviceAccount: (namespace: String, name: String)?
    public var verb = ""
    /// A non-resource path.
    public var path = ""
    public var group = ""
    public var resource = ""
    public var subresource = ""
    public var namespace = ""
    public var name = ""
    /// Selectors as they were given; a text that is none counts as no selector.
    public var fieldSelector = ""
    public var labelSelector = ""

    /// What the variable `authorizer` holds.
    public static let authorizer = AccessQuestion(stage: .authorizer)
    /// What `authorizer.requestResource` holds.
    public static func resource(
        group: String, resource: String, subresource: String, namespace: String, name: String
    ) -> AccessQuestion {
        var question = AccessQuestion(stage: .resource)
        question.group = group
        question.resource = resource
        question.subresource = subresource
        question.namespace = namespace
        question.name = name
        return question
    }

    private init(stage: Stage) { self.stage = stage }

    var type: ExpressionType {
        switch stage {
        case .authorizer: .authorizer
        case .path: .pathCheck
        case .group: .groupCheck
        case .resource: .resourceCheck
        }
    }
}

/// The authorizer's answer.
public struct AccessDecision: Sendable {
    public let isAllowed: Bool
    public let reason: String
    /// What went wrong while it was decided; nil when nothing did.
    public let error: String?

    public init(isAllowed: Bool, reason: String, error: String? = nil) {
        self.isAllowed = isAllowed
        self.reason = reason
        self.error = error
    }
}
