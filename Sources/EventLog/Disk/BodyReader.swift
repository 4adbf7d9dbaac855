import ClusterState
import Records

/// Reads the bodies of single versions: goes back from difference to difference to a whole copy, and forward again. Valid inside
/// its transaction.
struct BodyReader: ~Copyable {
    private var journal: Cursor
    private let ground: BodyGround

    init(_ transaction: Transaction, _ log: DiskLog) throws(LogError) {
        journal = try transaction.cursor(log.databases.journal)
        ground = BodyGround(log)
    }

    /// The body of the version of `revision`. `known` may have an earlier one at hand: the way back ends there.
    mutating func body(
        of number: UInt64, _ key: ObjectKey, at revision: UInt64, known: StoredObject? = nil
    ) throws(LogError) -> [UInt8] {
        var differences: [UnsafeRawBufferPointer] = []
        var current = revision
        while true {
            if let known, known.revision == current { return try Self.apply(differences, to: known.body, revision) }
            if current <= ground.floor {
                return try Self.apply(differences, to: try ground.object(key, at: current).body, revision)
            }
            guard let change = try change(of: number, at: current) else {
                throw .damaged(revision: current, "it does not change \(key.description)")
            }
            if change.isForgotten { throw ground.forgotten(key) }
            if !change.isDelta { return try Self.apply(differences, to: Array(change.bytes), revision) }
            differences.append(change.bytes)
            current = change.previousRevision
            if differences.count > Int(Limits.versionsPerWholeCopy) * 2 {
                throw .damaged(revision: current, "\(key.description) has no whole copy")
            }
        }
    }

    /// The revisions whose bodies make up the body of the version of `revision`, from it back to a whole copy; what is at or below
    /// the floor is not in the journal and left out.
    mutating func needed(for number: UInt64, at revision: UInt64) throws(LogError) -> [UInt64] {
        var found: [UInt64] = []
        var current = revision
        while current > ground.floor {
            guard let change = try change(of: number, at: current) else {
                throw .damaged(revision: current, "it does not change object \(number)")
            }
            found.append(current)
            guard change.isDelta, !change.isForgotten else { break }
            current = change.previousRevision
        }
        return found
    }

    private mutating func change(of number: UInt64, at revision: UInt64) throws(LogError) -> RawChange? {
        guard try journal.seekBack(revision) else { throw .damaged(revision: revision, "the record is missing") }
        let (start, value) = (journal.number, journal.value)
        return try damage(revision) { () throws(RecordError) in
            let block = try JournalBlock(value, firstRevision: start)
            guard revision < start + UInt64(block.count) else { throw RecordError("the record is missing") }
            var found: RawChange?
            try block.forEach(from: revision) { _, bytes throws(RecordError) in
                found = try RawChange.of(number, in: bytes, revision: revision)
                return false
            }
            return found
        }
    }

    private static func apply(_ differences: [UnsafeRawBufferPointer], to base: [UInt8], _ revision: UInt64)
        throws(LogError) -> [UInt8]
    {
        var body = base
        for (i, difference) in differences.enumerated().reversed() {
            let old = body
            body = try damage(revision) { () throws(RecordError) in
                try BodyDelta.apply(difference, to: old, isChecked: i == 0)
            }
        }
        return body
    }
}

extension DiskLog {
    /// A reader of bodies in a transaction.
    func bodies(_ transaction: Transaction) throws(LogError) -> BodyReader {
        try BodyReader(transaction, self)
    }
}
