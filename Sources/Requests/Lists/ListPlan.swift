public import Schema

/// At which revision a list is read, from where on and how far: the resourceVersion rules of lists, decided before any object is
/// looked at. Upstream's table: no version reads the newest; N reads not older than N, or exactly N with a limit;
/// `resourceVersionMatch` says it outright; a continue token pins the revision of the first page.
public struct ListPlan: Sendable {
    /// The revision whose state the list is read from; nil for the newest.
    public var revision: UInt64?
    /// The last key of the page before.
    public var after: (namespace: String, name: String)?
    /// At most so many items; nil for all.
    public var limit: Int?
    /// How many objects the page before left over, when its token says; of the first page, how many there are in all.
    public var remaining: Int?

    /// `current` is the newest revision, `floor` the oldest that can still be read. 400, 410 and 504 as upstream.
    public init(_ options: ListOptions, namespace: String, current: UInt64, floor: UInt64) throws(APIError) {
        limit = options.limit > 0 ? Int(clamping: options.limit) : nil
        if !options.continueToken.isEmpty {
            let token = try ContinueToken(options.continueToken)
            if !options.resourceVersion.isEmpty, options.resourceVersion != "0" {
                throw .badRequest("specifying resource version is not allowed when using continue")
            }
            after = (namespace.isEmpty ? token.namespace : namespace, token.name)
            revision = token.revision
            remaining = token.remaining
            if let pinned = token.revision {
                if pinned > current { throw ResourceVersion.tooLarge(pinned, current: current) }
                if pinned < floor { throw ListPlan.expired(token) }
            }
            return
        }
        guard !options.resourceVersion.isEmpty else { return }
        let wanted = try ResourceVersion.parse(options.resourceVersion)
        if wanted == 0 {
            // Any state serves: the whole list at once, as upstream's cache gives it.
            limit = nil
            return
        }
        if wanted > current { throw ResourceVersion.tooLarge(wanted, current: current) }
        let isExact = options.resourceVersionMatch == .exact || (options.resourceVersionMatch == .unset && limit != nil)
        guard isExact else { return }
        if wanted < floor { throw .gone("The resourceVersion for the provided list is too old.") }
        revision = wanted
    }

    /// The 410 of a token whose revision is gone, with a token that goes on inconsistently.
    private static func expired(_ token: ContinueToken) -> APIError {
        var error = APIError.gone(
            "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
                + "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. "
                + "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or "
                + "deleted between the time the first chunk was returned and now may show up in the list.")
        error.continueToken = ContinueToken(revision: nil, namespace: token.namespace, name: token.name).encoded
        return error
    }
}
