public import ClusterState
public import Document
public import Records
public import Requests
public import Schema

/// What a question about the past is answered from: the past itself, the present, and what the one who asks may see.
public struct Ground: Sendable {
    public let past: any RecordedPast
    /// The newest state.
    public let present: ClusterState
    /// What is served at the newest state: the names that people use.
    public let catalog: Catalog
    public let now: Timestamp
    /// The certificate (PEM) that the server shows, where it is known.
    public var servingCertificate: [UInt8] = []
    /// Why the one who asks may not do that with the object (its name empty: with all of them; its resource empty: with the path
    /// that is its name); nil when he may.
    public let refusal: @Sendable (_ verb: String, _ key: ObjectKey) -> APIError?

    public init(
        past: any RecordedPast, present: ClusterState, catalog: Catalog, now: Timestamp,
        refusal: @escaping @Sendable (_ verb: String, _ key: ObjectKey) -> APIError? = { _, _ in nil }
    ) {
        self.past = past
        self.present = present
        self.catalog = catalog
        self.now = now
        self.refusal = refusal
    }

    /// The revision that a parameter names; the newest when it is absent.
    func revision(_ query: Query, _ parameter: String) throws(APIError) -> UInt64 {
        guard let text = query[parameter], !text.isEmpty else { return past.newest }
        return try moment(text, parameter).revision(in: past, now: now)
    }

    func moment(_ text: String, _ parameter: String) throws(APIError) -> PastMoment {
        guard let moment = PastMoment(text) else {
            throw .badRequest(
                "\(parameter): \"\(text)\" is no moment: give a revision (48211), a time (2026-11-23T14:02:00Z) or a time before now (-15m)"
            )
        }
        return moment
    }

    /// A whole number of at least 1 and at most `most`.
    func count(_ query: Query, _ parameter: String, default fallback: Int, most: Int) throws(APIError) -> Int {
        guard let text = query[parameter], !text.isEmpty else { return fallback }
        guard let number = Int(text), number > 0 else { throw .badRequest("\(parameter) takes a number above 0") }
        return min(number, most)
    }

    /// The state at a revision.
    func state(at revision: UInt64) throws(APIError) -> ClusterState {
        revision == present.revision ? present : try past.state(at: revision)
    }

    /// Whether who asks may know who asked for what.
    var mayAudit: Bool { refusal("get", ObjectKey(resource: "", name: "/reckon/v1/audit")) == nil }

    // MARK: names

    /// The kind that a word means: plural, singular, short name or kind, with `.group` behind it or the parameter `group`.
    /// Kinds that existed at an earlier revision are found too.
    func type(named word: String, group: String, at revision: UInt64? = nil) throws(APIError) -> ResourceType {
        if let found = catalog.resource(named: word, group: group) { return found }
        if let revision, revision != present.revision,
            let found = Catalog.serving(try past.state(at: revision)).resource(named: word, group: group)
        {
            return found
        }
        throw .badRequest("no kind of resource is called \"\(word)\"" + (group.isEmpty ? "" : " in group \(group)"))
    }

    /// The object that a question is about, by `resource`, `group`, `namespace` and `name`. Who asks must be allowed to get it.
    public func object(_ query: Query, at revision: UInt64? = nil) throws(APIError) -> ObjectKey {
        guard let word = query["resource"], let name = query["name"], !word.isEmpty, !name.isEmpty else {
            throw .badRequest(
                "name the object with the parameters resource and name (and group and namespace where they apply)")
        }
        let type = try type(named: word, group: query["group"] ?? "", at: revision)
        let namespace = type.isNamespaced ? query["namespace"] ?? "default" : ""
        let key = ObjectKey(
            group: type.store.group, resource: type.store.resource, namespace: namespace, name: name)
        if let refusal = refusal("get", key) { throw refusal }
        return key
    }

    /// The kind of the objects of a store; its plural when nothing is known of it any more.
    func kind(_ key: ObjectKey) -> String {
        catalog.resources.first { $0.store.resource == key.resource && $0.store.group == key.group }?.kind
            ?? key.resource
    }

    /// How an answer names an object.
    func reference(_ key: ObjectKey, uid: String) -> JSON {
        var json: JSON = [
            "group": .string(key.group), "resource": .string(key.resource), "kind": .string(kind(key)),
            "name": .string(key.name),
        ]
        if !key.namespace.isEmpty { json["namespace"] = .string(key.namespace) }
        if !uid.isEmpty { json["uid"] = .string(uid) }
        return json
    }

    /// Which objects a question about several means: `resource`, `group`, `namespace`, `name`, `labelSelector`, all optional.
    func scope(_ query: Query, at revision: UInt64? = nil) throws(APIError) -> Scope {
        var scope = Scope()
        if let word = query["resource"], !word.isEmpty {
            let type = try type(named: word, group: query["group"] ?? "", at: revision)
            scope.store = type.store
            if type.isNamespaced { scope.namespace = query["namespace"].flatMap { $0.isEmpty ? Optional.none : $0 } }
        } else {
            scope.namespace = query["namespace"].flatMap { $0.isEmpty ? Optional.none : $0 }
        }
        scope.name = query["name"].flatMap { $0.isEmpty ? Optional.none : $0 }
        if let text = query["labelSelector"], !text.isEmpty {
            do throws(QueryError) { scope.labels = try LabelSelector(parsing: text) } catch {
                throw .badRequest("labelSelector: \(error.message)")
            }
        }
        return scope
    }
}

/// Some objects of the cluster: everything that is set must hold.
struct Scope {
    var store: GroupResource?
    var namespace: String?
    var name: String?
    var labels: LabelSelector?

    func holds(_ key: ObjectKey) -> Bool {
        (store == nil || (store!.resource == key.resource && store!.group == key.group))
            && (namespace == nil || namespace == key.namespace) && (name == nil || name == key.name)
    }
}

/// Remembers which lists the one who asks may see, while one question is answered.
struct Visibility {
    private let ground: Ground
    private var known: [ObjectKey: Bool] = [:]
    init(_ ground: Ground) { self.ground = ground }

    mutating func shows(_ key: ObjectKey) -> Bool {
        let all = ObjectKey(group: key.group, resource: key.resource, namespace: key.namespace, name: "")
        if let answer = known[all] { return answer }
        let answer = ground.refusal("list", all) == nil
        known[all] = answer
        return answer
    }
}
