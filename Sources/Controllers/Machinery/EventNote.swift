package import Document

/// An Event that a loop wants known, before it is one: about what, and what to say.
public struct EventNote: Sendable {
    /// `v1.ObjectReference` of the object it is about.
    package var about: JSON
    package var isWarning: Bool
    package var reason: String
    package var message: String
    /// `action` of events.k8s.io, as the scheduler gives; empty for others.
    package var action = ""
    package var related: JSON = .null
    /// The component that says so, when it is not the controller's own.
    package var component: String?

    package init(_ object: JSON, _ reason: String, _ message: String, warning: Bool = false, component: String? = nil) {
        about = Self.reference(to: object)
        isWarning = warning
        self.reason = reason
        self.message = message
        self.component = component
    }

    /// About an object whose reference is at hand.
    package init(reference: JSON, _ reason: String, _ message: String, warning: Bool = false) {
        about = reference
        isWarning = warning
        self.reason = reason
        self.message = message
    }

    package static func reference(to object: JSON) -> JSON {
        var reference = JSONObject()
        reference["apiVersion"] = object["apiVersion"]
        reference["kind"] = object["kind"]
        reference["name"] = object["metadata"]?["name"]
        reference["namespace"] = object["metadata"]?["namespace"]
        reference["uid"] = object["metadata"]?["uid"]
        reference["resourceVersion"] = object["metadata"]?["resourceVersion"]
        return .object(reference)
    }
    /// The same note with `{}` in its message replaced.
    package func naming(_ text: String) -> EventNote {
        guard let at = message.firstRange(of: "{}") else { return self }
        var out = self
        out.message = message[..<at.lowerBound] + text + message[at.upperBound...]
        return out
    }
}

extension String {
    /// The first place of a short text, by bytes.
    func firstRange(of text: String) -> Range<String.Index>? {
        let (all, part) = (utf8, Array(text.utf8))
        var at = all.startIndex
        while at < all.endIndex {
            if all[at...].starts(with: part) { return at..<all.index(at, offsetBy: part.count) }
            at = all.index(after: at)
        }
        return nil
    }
}
