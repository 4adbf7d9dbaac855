public import ClusterState
public import Records

/// Where the pages of a list begin. Whoever has this reads any page of a long list at once, with its continue token and `limit`,
/// instead of all that lie before it.
public struct ListPages: Sendable {
    public struct Page: Sendable {
        /// The key of its first object.
        public let first: ObjectKey
        /// How many objects it has.
        public internal(set) var count: Int
        /// The token of the list that begins here; nil for the first page of a list.
        public let continueToken: String?
    }
    public let pages: [Page]
    public let total: Int

    /// Pages of `size` objects, the last one perhaps of fewer. `pinned` is the revision at which the tokens read; with nil they read the
    /// newest state, whatever it is by then.
    public init(_ selection: Selection, state: ClusterState, size: Int, pinned: UInt64?) {
        let namespace = selection.namespace.isEmpty ? nil : selection.namespace
        let known = selection.isEverything ? state.count(selection.type.store, namespace: namespace) : nil
        var pages: [Page] = []
        var total = 0
        var last: ObjectKey?
        func add(_ key: ObjectKey) {
            if total % size == 0 {
                let token = last.map { last in
                    ContinueToken(
                        revision: pinned, namespace: selection.namespace.isEmpty ? last.namespace : "",
                        name: last.name, remaining: known.map { $0 - total }
                    ).encoded
                }
                pages.append(Page(first: key, count: 0, continueToken: token))
            }
            pages[pages.count - 1].count += 1
            total += 1
            last = key
        }
        if selection.isEverything {
            state.forEach(selection.type.store, namespace: namespace) { object in
                add(object.key)
                return true
            }
        } else {
            for object in selection.objects(in: state) { add(object.key) }
        }
        self.pages = pages
        self.total = total
    }
}
