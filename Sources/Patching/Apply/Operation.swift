import Document
import Schema

/// One apply, forced or not: merge, prune what the manager no longer applies, and settle who owns what.
struct Operation {
    let live: JSON
    let configuration: JSON
    /// The places that the configuration names.
    let configured: FieldSet
    let entries: [ManagedEntry]
    let apiVersion: String
    let subresource: String
    let schema: TypeSchema
    /// The applier's entry, without fields.
    let entry: ManagedEntry

    enum Outcome {
        case conflicts([ServerSideApply.Conflict])
        case applied(JSON, [ManagedEntry])
    }

    func run(isForced: Bool) -> Outcome {
        let root = Place(root: schema)
        let last = entries.first { $0.isSameOperation(as: entry) }
        var own = entry
        own.fields = configured
        if let reset = Versions.resetFields(schema, subresource) { own.fields = own.fields.subtractingAllBelow(reset) }
        var all = entries.filter { !$0.isSameOperation(as: entry) }
        var merged = TypedMerge.merge(live, configuration, root) ?? .object(JSONObject())
        if let last, !last.fields.isEmpty { merged = pruned(merged, last.fields, all + [own], root) }

        let versions = Versions(
            old: live, new: merged, apiVersion: apiVersion, schema: schema, subresource: subresource)
        if !isForced {
            let conflicts = conflicts(with: all, versions)
            if !conflicts.isEmpty { return .conflicts(conflicts) }
        }
        all.take(from: versions, except: nil)
        let isUnchanged = merged == live
        ManagedFields.strip(&own.fields)
        own.time = isUnchanged ? last?.time ?? "" : entry.time
        if !own.fields.isEmpty { all.append(own) }
        return .applied(isUnchanged ? live : merged, all)
    }

    private func conflicts(with others: [ManagedEntry], _ versions: Versions) -> [ServerSideApply.Conflict] {
        var found: [ServerSideApply.Conflict] = []
        for other in others.sorted(by: {
            ($0.manager, $0.apiVersion, $0.subresource) < ($1.manager, $1.apiVersion, $1.subresource)
        }) {
            guard let difference = versions.comparison(in: other.apiVersion) else { continue }
            other.fields.intersection(difference.changed).forEach { found.append(.init(entry: other, path: $0)) }
        }
        return found
    }

    /// Takes away what the manager applied last time and nobody applies or owns now.
    private func pruned(_ merged: JSON, _ last: FieldSet, _ owners: [ManagedEntry], _ root: Place) -> JSON {
        func named(_ set: FieldSet) -> FieldSet { TypedSet.withNamedFields(set, schema) }
        let lastNamed = named(last)
        let mergedSet = named(TypedSet.of(merged, schema))
        var out = TypedMerge.remove(lastNamed.tree, from: merged, root)
        // Back comes what others own, or the configuration still names …
        var owned = FieldSet()
        for owner in owners { owned = owned.union(owner.fields) }
        let kept = named(TypedSet.of(out, schema)).union(named(owned))
        out = TypedMerge.remove(mergedSet.subtracting(kept).tree, from: merged, root)
        // … and what nobody had applied.
        let prunedSet = named(TypedSet.of(out, schema))
        return TypedMerge.remove(mergedSet.subtracting(prunedSet).intersection(lastNamed).tree, from: merged, root)
    }
}
