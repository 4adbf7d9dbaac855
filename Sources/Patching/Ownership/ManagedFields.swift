public import Document
public import Schema

/// Who owns which fields of an object: `metadata.managedFields` as upstream keeps it on every write.
public enum ManagedFields {
    /// The most entries of updates that an object keeps; older ones become one of `ancient-changes`.
    public static let updateManagersMax = 10

    /// Records an update (create, replace, any patch but apply) in `new`'s managed fields: what `manager` changed becomes its
    /// own and nobody else's, what is gone is nobody's, and nothing is touched, the time included, when nothing changed.
    ///
    /// `old` is null for a creation. Managed fields given in `new` are taken for the former ones, unless the request went
    /// to a subresource or they are `[{}]`, which gives them up. `apiVersion` is the version of the request and `schema` its
    /// type; documents of another version of the store are compared in that version. Lists that storage cannot keep empty
    /// become null afterwards, as `Conforming.settle` says.
    public static func recordUpdate(
        old: JSON, new: inout JSON, manager: String, apiVersion: String, time: Timestamp, subresource: String,
        schema: TypeSchema
    ) {
        defer { settle(&new, schema, apiVersion) }
        let isCreation = old.isNull
        let given = new["metadata", "managedFields"]
        let former = old["metadata", "managedFields"]
        let entries: [ManagedEntry]
        if !subresource.isEmpty {
            entries = ManagedEntry.read(former) ?? []
        } else if isReset(given) {
            entries = []
        } else if let read = ManagedEntry.read(given), !read.isEmpty {
            entries = read
        } else {
            entries = ManagedEntry.read(former) ?? []
        }
        if given != nil { new.modify("metadata") { $0["managedFields"] = nil } }
        if entries.isEmpty && !isCreation { return }
        let updated = update(
            entries, old: old, new: new, manager: manager, apiVersion: apiVersion, time: time, subresource: subresource,
            schema: schema)
        if let list = ManagedEntry.list(capped(updated)) { new["metadata", "managedFields"] = list }
    }

    /// `[{}]`: the client gives up all managed fields.
    private static func isReset(_ given: JSON?) -> Bool {
        guard case .array(let entries)? = given else { return false }
        return entries.isEmpty || (entries.count == 1 && entries[0].entries.isEmpty)
    }

    private static func settle(_ document: inout JSON, _ schema: TypeSchema, _ apiVersion: String) {
        guard let said = document["apiVersion"]?.string, said != apiVersion, let kind = document["kind"]?.string else {
            Conforming.settle(&document, to: schema)
            return
        }
        if let type = Catalog.builtin.type(for: GroupVersionKind(apiVersion: said, kind: kind)) {
            Conforming.settle(&document, to: type)
        }
    }

    // MARK: An update

    static func update(
        _ former: [ManagedEntry], old: JSON, new: JSON, manager: String, apiVersion: String, time: Timestamp,
        subresource: String,
        schema: TypeSchema
    ) -> [ManagedEntry] {
        var entries = former
        let versions = Versions(old: old, new: new, apiVersion: apiVersion, schema: schema, subresource: subresource)
        let difference = versions.comparison
        entries.take(from: versions, except: nil)
        var own = difference.changed
        strip(&own)
        guard !own.isEmpty else { return entries }
        let entry = ManagedEntry(
            manager: manager.isEmpty ? "unknown" : manager, isApply: false, apiVersion: apiVersion,
            subresource: subresource,
            time: time.rfc3339, fields: own)
        if let i = entries.firstIndex(where: { $0.isSameOperation(as: entry) }) {
            entries[i].fields = own.union(entries[i].fields)
            entries[i].time = entry.time
        } else {
            entries.append(entry)
        }
        return entries
    }

    /// Nobody owns the identity of an object, nor what the server keeps in its metadata.
    static func strip(_ set: inout FieldSet) {
        set = set.subtracting(stripped)
    }

    private static let stripped = FieldSet([
        "f:apiVersion": [:], "f:kind": [:],
        "f:metadata": [
            ".": [:], "f:name": [:], "f:namespace": [:], "f:creationTimestamp": [:], "f:selfLink": [:], "f:uid": [:],
            "f:clusterName": [:], "f:generation": [:], "f:managedFields": [:], "f:resourceVersion": [:],
        ],
    ])

    // MARK: The cap

    /// Merges the oldest updates into one entry a version when there are too many.
    private static func capped(_ entries: [ManagedEntry]) -> [ManagedEntry] {
        var count = entries.count { !$0.isApply }
        if count <= updateManagersMax { return entries }
        let oldest = entries.filter { !$0.isApply }.sorted {
            $0.time != $1.time ? $0.time < $1.time : ($0.apiVersion, $0.manager) < ($1.apiVersion, $1.manager)
        }
        let present = Set(entries.map(\.operation))
        var gone: Set<ManagedEntry.Operation> = []
        var firstOfVersion: [String: ManagedEntry] = [:]
        var buckets: [String: (bucket: ManagedEntry, merged: [FieldSet])] = [:]
        var order: [String] = []
        for entry in oldest where count > updateManagersMax {
            let version = entry.apiVersion
            guard let first = firstOfVersion[version] else {
                firstOfVersion[version] = entry
                continue
            }
            var ancient = ManagedEntry(
                manager: "ancient-changes", isApply: false, apiVersion: version, subresource: "", time: entry.time,
                fields: FieldSet())
            // The bucket of an earlier time is added to and stays where it is; it is not put into itself.
            if entry.operation == ancient.operation { continue }
            if buckets[version] == nil {
                if present.contains(ancient.operation) {
                    if let old = entries.first(where: { $0.operation == ancient.operation }) { ancient = old }
                    buckets[version] = (ancient, [ancient.fields])
                } else {
                    gone.insert(first.operation)
                    order.append(version)
                    buckets[version] = (ancient, [first.fields])
                }
            }
            buckets[version]?.merged.append(entry.fields)
            buckets[version]?.bucket.time = entry.time
            gone.insert(entry.operation)
            count -= 1
        }
        func filled(_ version: String) -> ManagedEntry? {
            guard let (bucket, merged) = buckets[version] else { return nil }
            var out = bucket
            out.fields = union(of: merged)
            return out
        }
        var kept = entries.filter { !gone.contains($0.operation) }
        for i in kept.indices where kept[i].operation == buckets[kept[i].apiVersion]?.bucket.operation {
            if let bucket = filled(kept[i].apiVersion) { kept[i] = bucket }
        }
        return kept + order.compactMap(filled)
    }

    /// In pairs, so that many small sets cost little more than one large one.
    private static func union(of sets: [FieldSet]) -> FieldSet {
        var sets = sets
        while sets.count > 1 {
            sets = stride(from: 0, to: sets.count, by: 2).map {
                $0 + 1 < sets.count ? sets[$0].union(sets[$0 + 1]) : sets[$0]
            }
        }
        return sets.first ?? FieldSet()
    }
}

/// Two versions of an object in every version of the API in which somebody owns fields of it.
struct Versions {
    let old: JSON
    let new: JSON
    let apiVersion: String
    let schema: TypeSchema
    let subresource: String
    /// In the request's version.
    let comparison: Comparison

    init(old: JSON, new: JSON, apiVersion: String, schema: TypeSchema, subresource: String) {
        self.old = old
        self.new = new
        self.apiVersion = apiVersion
        self.schema = schema
        self.subresource = subresource
        comparison = Self.compare(old, new, apiVersion, schema, subresource)
    }

    /// In another version; nil when nothing of that version is served any more.
    func comparison(in version: String) -> Comparison? {
        if version == apiVersion { return comparison }
        guard let kind = new["kind"]?.string else { return nil }
        guard let type = Catalog.builtin.type(for: GroupVersionKind(apiVersion: version, kind: kind)) else {
            // A custom resource's versions share one schema here: their fields bear the same names.
            return Catalog.builtin.serves(apiVersion: apiVersion) ? nil : comparison
        }
        return Self.compare(old, new, version, type, subresource)
    }

    private static func compare(
        _ old: JSON, _ new: JSON, _ apiVersion: String, _ schema: TypeSchema, _ subresource: String
    ) -> Comparison {
        let left = old.isNull ? schema.zeroDocument ?? .object(JSONObject()) : at(old, apiVersion)
        var comparison = Comparison(left, at(new, apiVersion), schema)
        if let reset = resetFields(schema, subresource) {
            comparison.changed = comparison.changed.subtractingAllBelow(reset)
            comparison.removed = comparison.removed.subtractingAllBelow(reset)
        }
        return comparison
    }

    private static func at(_ document: JSON, _ apiVersion: String) -> JSON {
        guard let said = document["apiVersion"]?.string, said != apiVersion else { return document }
        var copy = document
        Conversion.convert(&copy, to: apiVersion)
        return copy
    }

    /// What an endpoint neither writes nor owns: upstream's `GetResetFields`.
    static func resetFields(_ schema: TypeSchema, _ subresource: String) -> FieldSet? {
        if schema.name == signingRequest { return signingRequestReset[subresource] }
        return switch subresource {
        case "": schema.isStatusSeparate ? statusOnly : nil
        case "status", "approval": specOnly
        default: nil
        }
    }
    private static let statusOnly = FieldSet(["f:status": [:]])
    private static let specOnly = FieldSet(["f:spec": [:]])

    /// Whoever asks for a certificate owns nothing of the request: it cannot be changed.
    private static let signingRequest = "io.k8s.api.certificates.v1.CertificateSigningRequest"
    private static let signingRequestReset = [
        "": FieldSet(["f:spec": [:], "f:status": [:]]),
        "status": FieldSet(["f:spec": [:], "f:status": ["f:conditions": [:]]]),
        "approval": FieldSet(["f:spec": [:], "f:status": ["f:certificate": [:]]]),
    ]
}

extension [ManagedEntry] {
    /// What changed is no longer theirs, what is gone is nobody's; entries that own nothing any more go, and those of
    /// versions that are not served.
    mutating func take(from versions: Versions, except kept: ManagedEntry?) {
        for i in indices.reversed() {
            if let kept, self[i].isSameOperation(as: kept) { continue }
            guard let difference = versions.comparison(in: self[i].apiVersion) else {
                remove(at: i)
                continue
            }
            self[i].fields = self[i].fields.subtracting(self[i].fields.intersection(difference.changed)).subtracting(
                difference.removed)
            if self[i].fields.isEmpty { remove(at: i) }
        }
    }
}
