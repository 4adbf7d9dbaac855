internal import Document
internal import LogArchive
internal import Records

/// The log as entries of an archive: the stored bytes themselves, read from whatever is durable at the moment of the call, also
/// beside a process that writes.
extension DiskLog {
    struct ArchivePart {
        var batch: ArchiveBatch
        /// Whether nothing durable is missing after it.
        var isComplete: Bool
        /// Journal events that are durable and not in it yet.
        var revisionsBehind: UInt64
    }

    /// What follows `start`, about `bytesMax` of it at most. Names and objects come before what refers to them, the journal before
    /// accesses of the same moment.
    func archivePart(after start: ArchivePosition, bytesMax: Int) throws(LogError) -> ArchivePart {
        try read { transaction throws(LogError) in
            var (position, entries, size) = (start, [ArchiveEntry](), 0)
            func add(_ entry: ArchiveEntry) {
                entries.append(entry)
                size += entry.size
            }
            var isComplete = true
            // Names and objects of the whole snapshot first: blocks may refer to any of them.
            var names = try transaction.cursor(databases.names)
            var more = try names.seek(position.names)
            while more, isComplete {
                let value = names.value
                guard let content = Checked.open(value, seed: names.number) else {
                    throw .damaged(revision: nil, "the checksum of name \(names.number) is wrong")
                }
                add(.name(names.number, Array(content)))
                position.names = names.number + 1
                isComplete = size < bytesMax
                if isComplete { more = try names.next() }
            }
            var objects = try transaction.cursor(databases.objects)
            more = isComplete ? try objects.seek(position.objects) : false
            while more, isComplete {
                let value = objects.value
                guard let content = Checked.open(value, seed: objects.number) else {
                    throw .damaged(revision: nil, "the checksum of object \(objects.number) is wrong")
                }
                add(.object(objects.number, Array(content)))
                position.objects = objects.number + 1
                isComplete = size < bytesMax
                if isComplete { more = try objects.next() }
            }
            var journal = try transaction.cursor(databases.journal)
            var behind: UInt64 = 0
            if isComplete {
                more = position.revision == 0 ? try journal.first() : try journal.seek(position.revision + 1)
                if more, position.revision > 0, journal.number != position.revision + 1 {
                    throw .unusable(
                        "revisions \(position.revision + 1) to \(journal.number - 1) were pruned before they were copied: begin a new copy in an empty directory"
                    )
                }
                var anchored = try transaction.cursor(databases.anchors)
                // The chain before the first block of a log that was pruned.
                if more, position.revision == 0, journal.number > 1, try anchored.seekBack(journal.number - 1) {
                    add(.anchor(anchored.number, Array(anchored.value)))
                }
                // A log that was pruned to its end has no blocks.
                if !more, position.revision == 0, try anchored.last() {
                    add(.anchor(anchored.number, Array(anchored.value)))
                    position.revision = anchored.number
                }
                let first = position.revision
                while more, isComplete {
                    let number = journal.number
                    let value = journal.value
                    try damage(number) { () throws(RecordError) in
                        let block = try JournalBlock(value, firstRevision: number)
                        position.revision = number + UInt64(block.count) - 1
                        try block.forEach(from: position.revision) { _, bytes throws(RecordError) in
                            position.microseconds = max(
                                position.microseconds, try RecordDecoder.time(bytes, after: block.time).microseconds)
                            return true
                        }
                    }
                    add(.journal(number, Array(value)))
                    isComplete = size < bytesMax
                    more = try journal.next()
                }
                if more, try journal.last() {
                    let number = journal.number
                    let value = journal.value
                    behind = try damage(number) { () throws(RecordError) in
                        number + UInt64(try JournalBlock(value, firstRevision: number).count) - 1 - position.revision
                    }
                }
                isComplete = behind == 0 && isComplete
                more = try anchored.seek(first + 1)
                while more, anchored.number <= position.revision {
                    add(.anchor(anchored.number, Array(anchored.value)))
                    more = try anchored.next()
                }
            }
            if isComplete {
                var access = try transaction.cursor(databases.access)
                more = position.ordinal == 0 ? try access.first() : try access.seek(position.ordinal + 1)
                if more, position.ordinal > 0, access.number != position.ordinal + 1 {
                    throw .unusable(
                        "access records were pruned before they were copied: begin a new copy in an empty directory")
                }
                while more, isComplete {
                    let number = access.number
                    let value = access.value
                    try damage(nil, "access record \(number)") { () throws(RecordError) in
                        let block = try AccessBlock(value, firstOrdinal: number)
                        position.ordinal = number + UInt64(block.count) - 1
                        position.microseconds = max(position.microseconds, block.time.microseconds)
                    }
                    add(.access(number, Array(value)))
                    more = try access.next()
                    isComplete = size < bytesMax || !more
                }
            }
            return ArchivePart(
                batch: ArchiveBatch(position: position, entries: entries), isComplete: isComplete,
                revisionsBehind: behind)
        }
    }

    /// What an archive must know of a log whose oldest part is gone: nil when it begins at revision 1.
    func archiveFloor() throws(LogError) -> ArchiveFloor? {
        try read { transaction throws(LogError) in
            let floor = try Self.readFloor(transaction, databases)
            var (ordinal, chain) = (UInt64(0), HashChain.origin)
            if let bytes = try transaction.get(databases.meta, Self.accessFloorKey) {
                (ordinal, chain) = try damage(nil) { () throws(RecordError) in try Self.readAccessFloor(bytes) }
            }
            guard floor > 0 || ordinal > 0 else { return nil }
            let time = try Self.readFloorTime(transaction, databases)
            return ArchiveFloor(
                revision: floor, microseconds: time?.microseconds ?? 0, ordinal: ordinal, accessChain: chain)
        }
    }
}
