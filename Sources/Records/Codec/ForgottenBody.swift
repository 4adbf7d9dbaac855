import Document

/// A body that is no longer kept. Its hash stays in its place: the chain covers bodies by their hashes (`RecordOutline`), and so
/// closes with and without them.
package enum ForgottenBody {
    package static let hashBytes = 32

    /// What the fold puts where a body was: an object that has its name and nothing to say.
    static func placeholder(of object: ObjectIdentity, revision: UInt64) -> [UInt8] {
        var metadata: JSON = ["name": .string(object.key.name)]
        if !object.key.namespace.isEmpty { metadata["namespace"] = .string(object.key.namespace) }
        metadata["resourceVersion"] = .string(String(revision))
        if !object.uid.isEmpty { metadata["uid"] = .string(object.uid) }
        return (["metadata": metadata] as JSON).encoded()
    }

    /// The record without the bodies of the changes that `isForgotten` names by their objects' numbers; nil when it has none of them.
    static func record<Hasher: ByteHasher>(
        _ hasher: Hasher.Type, _ record: UnsafeRawBufferPointer, revision: UInt64, _ isForgotten: (UInt64) -> Bool
    ) throws(RecordError) -> [UInt8]? {
        var out: [UInt8] = []
        var taken = 0
        try RawChange.forEach(in: record, revision: revision) { change throws(RecordError) in
            guard !change.isForgotten, isForgotten(change.number) else { return true }
            out.append(contentsOf: record[taken..<change.start])
            out.append(record[change.start] | ChangeFlag.forgotten)
            out.append(contentsOf: record[change.start + 1..<change.content.lowerBound])
            out.append(contentsOf: RecordOutline.hash(hasher, change))
            taken = change.content.upperBound
            return true
        }
        guard taken > 0 else { return nil }
        out.append(contentsOf: record[taken...])
        return out
    }
}
