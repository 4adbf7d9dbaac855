internal import ClusterState
public import Document
internal import Glibc
internal import LogArchive
internal import Records
internal import Synchronization

/// Up to where an archive is restored.
public enum RestorePoint: Equatable, Sendable {
    /// Everything that is there.
    case end
    /// What had happened when this revision was the newest, accesses of its moment included.
    case revision(UInt64)
    /// Everything that happened at or before this moment, and nothing after it.
    case time(Timestamp)
}

/// Builds a log in a new directory from the entries of an archive. The blocks are taken as they are, so that the hash chain is the
/// one that the cluster had; only a block through which the restore point goes is written anew.
final class LogImport {
    private let directory: String
    private let point: RestorePoint
    private let log: DiskLog
    /// Bytes of the checkpoint of the floor, as they come.
    private var stateBytes: [UInt8]?
    fileprivate var floor: ArchiveFloor?
    private var lastRevision: UInt64 = 0
    private var lastOrdinal: UInt64 = 0
    /// Blocks through which the restore point goes.
    private var partJournal: (first: UInt64, bytes: [UInt8])?
    private var partAccess: (first: UInt64, bytes: [UInt8])?
    /// The moment that accesses are cut at, once known.
    private var accessLimit: Timestamp?
    private var lost = LostBodies()
    private var isJournalDone = false
    private var isAccessDone = false
    /// The files beside the log as they were at the restore point, or the first that came.
    private(set) var files: [String: [UInt8]] = [:]

    /// The directory must not hold a log.
    init(directory: String, to point: RestorePoint) throws(LogError) {
        self.directory = directory
        self.point = point
        if access(directory + "/log.mdb", F_OK) == 0 {
            throw .unusable("\(directory) holds a log already: name a new directory")
        }
        log = try DiskLog(directory: directory)
        if case .time(let time) = point { accessLimit = time }
    }

    /// Takes a batch; false when nothing that follows is wanted.
    func take(_ batch: ArchiveBatch) throws(LogError) -> Bool {
        var rest: [ArchiveEntry] = []
        for entry in batch.entries {
            switch entry {
            case .floor(let found):
                floor = found
                stateBytes = []
            case .stateBytes(let bytes):
                guard stateBytes != nil else { throw .damaged(revision: nil, "a state without its revision") }
                stateBytes! += bytes
            case .file(let name, let bytes):
                if !isJournalDone || files[name] == nil { files[name] = bytes }
            default: rest.append(entry)
            }
        }
        guard !rest.isEmpty else { return true }
        try beginAtFloor()
        try log.environment.write(growth: rest.reduce(1 << 20) { $0 + $1.size + 8192 }) {
            transaction throws(LogError) in
            for entry in rest { try put(entry, transaction) }
        }
        return !(isJournalDone && isAccessDone)
    }

    private func put(_ entry: ArchiveEntry, _ transaction: Transaction) throws(LogError) {
        let databases = log.databases
        switch entry {
        case .name(let number, let bytes):
            try transaction.put(databases.names, number, Checked.seal(bytes, seed: number))
        case .object(let number, let bytes):
            try transaction.put(databases.objects, number, Checked.seal(bytes, seed: number))
        case .anchor(let revision, let bytes): try transaction.put(databases.anchors, revision, bytes)
        case .journal(let first, let bytes):
            if isJournalDone { return }
            let isNext =
                lastRevision > 0 || floor == nil ? first == lastRevision + 1 : first <= floor!.revision + 1
            guard isNext else {
                throw .damaged(revision: lastRevision + 1, "records are missing before revision \(first)")
            }
            let last = try damage(first) { () throws(RecordError) in
                try bytes.withUnsafeBytesTyped { bytes throws(RecordError) in
                    try wanted(JournalBlock(bytes, firstRevision: first))
                }
            }
            switch last {
            case .whole(let last):
                try transaction.append(databases.journal, first, bytes)
                lastRevision = last
            case .part:
                partJournal = (first, bytes)
                isJournalDone = true
            case .nothing: isJournalDone = true
            }
        case .access(let first, let bytes):
            if isAccessDone { return }
            if lastOrdinal > 0, first != lastOrdinal + 1 {
                throw .damaged(revision: nil, "access records are missing before \(first)")
            }
            if accessLimit == nil, case .revision(let revision) = point, isJournalDone || lastRevision >= revision {
                accessLimit = try time(of: revision, transaction)
            }
            let whole = try damage(nil, "access record \(first)") { () throws(RecordError) in
                try bytes.withUnsafeBytesTyped { bytes throws(RecordError) in
                    try wanted(AccessBlock(bytes, firstOrdinal: first), LogNames(transaction, databases))
                }
            }
            switch whole {
            case .whole(let last):
                try transaction.append(databases.access, first, bytes)
                lastOrdinal = last
            case .part:
                partAccess = (first, bytes)
                isAccessDone = true
            case .nothing: isAccessDone = true
            }
        case .floor, .stateBytes, .file: break
        }
    }

    private enum Share {
        case whole(UInt64)
        case part
        case nothing
    }

    private func wanted(_ block: JournalBlock) throws(RecordError) -> Share {
        let end = block.firstRevision + UInt64(block.count) - 1
        var last = end
        switch point {
        case .end: break
        case .revision(let revision): last = min(end, revision)
        case .time(let limit):
            last = block.firstRevision - 1
            try block.forEach(from: block.firstRevision) { revision, bytes throws(RecordError) in
                guard try RecordDecoder.time(bytes, after: block.time) <= limit else { return false }
                last = revision
                return true
            }
        }
        return last == end ? .whole(end) : (last < block.firstRevision ? .nothing : .part)
    }

    private func wanted(_ block: AccessBlock, _ names: LogNames) throws(RecordError) -> Share {
        let end = block.firstOrdinal + UInt64(block.count) - 1
        guard let accessLimit else { return .whole(end) }
        guard block.time <= accessLimit else { return .nothing }
        var decoder = try RecordDecoder(format: block.format, names: names)
        let kept = try block.records(&decoder).prefix { $0.time <= accessLimit }.count
        return kept == block.count ? .whole(end) : (kept == 0 ? .nothing : .part)
    }

    /// When a revision was made that is in the file already or in the block that is held back.
    private func time(of revision: UInt64, _ transaction: Transaction) throws(LogError) -> Timestamp? {
        func time(_ block: JournalBlock) throws(RecordError) -> Timestamp? {
            var found: Timestamp?
            try block.forEach(from: revision) { _, bytes throws(RecordError) in
                found = try RecordDecoder.time(bytes, after: block.time)
                return false
            }
            return found
        }
        if let partJournal, partJournal.first <= revision {
            return try damage(revision) { () throws(RecordError) in
                try partJournal.bytes.withUnsafeBytesTyped { bytes throws(RecordError) in
                    try time(JournalBlock(bytes, firstRevision: partJournal.first))
                }
            }
        }
        var cursor = try transaction.cursor(log.databases.journal)
        guard try cursor.seekBack(revision) else { return nil }
        let first = cursor.number
        let value = cursor.value
        return try damage(revision) { () throws(RecordError) in try time(JournalBlock(value, firstRevision: first)) }
    }

    private var hasBegun = false

    /// Writes the state at the floor, ahead of the first block.
    private func beginAtFloor() throws(LogError) {
        guard !hasBegun else { return }
        hasBegun = true
        guard let floor else { return }
        switch point {
        case .revision(let revision) where revision < floor.revision:
            throw .belowFloor(floor: floor.revision)
        case .time(let time) where floor.revision > 0 && time.microseconds < floor.microseconds:
            throw .belowFloor(floor: floor.revision)
        default: break
        }
        var objects: [StoredObject] = []
        if floor.revision > 0 {
            let path = DiskLog.checkpointPath(directory, floor.revision)
            try ArchiveFileWriter.write(stateBytes ?? [], toNew: path)
            stateBytes = nil
            objects = DiskLog.byNumber(try CheckpointFile.read(path, revision: floor.revision))
        }
        let older = objects
        try log.environment.write(growth: older.count * 1024 + (1 << 20)) { transaction throws(LogError) in
            let meta = log.databases.meta
            for object in older { try DiskLog.putLife(of: object, log.databases, transaction) }
            if floor.revision > 0 {
                try transaction.put(meta, DiskLog.floorKey, Array("\(floor.revision)".utf8))
                try transaction.put(meta, DiskLog.floorTimeKey, Array("\(floor.microseconds)".utf8))
            }
            if floor.ordinal > 0 {
                var out = ByteWriter()
                out.varint(floor.ordinal)
                out.run(floor.accessChain)
                try transaction.put(meta, DiskLog.accessFloorKey, Checked.seal(out.bytes, seed: 0))
            }
        }
        lastRevision = 0
    }

    /// Completes the log: takes away what goes beyond the restore point, writes the parts of blocks, the index and a checkpoint.
    func finish() throws(LogError) -> LogHead {
        try beginAtFloor()
        let (revision, ordinal) = (max(lastRevision, floor?.revision ?? 0), max(lastOrdinal, floor?.ordinal ?? 0))
        if case .revision(let wanted) = point, wanted > revision, partJournal == nil {
            log.close()
            throw .beyondHead(head: revision)
        }
        // Chain values of what is not there would be taken for the end.
        try log.environment.write(growth: 1 << 20) { transaction throws(LogError) in
            var doomed: [UInt64] = []
            var cursor = try transaction.cursor(log.databases.anchors)
            var more = try cursor.first()
            while more {
                let number = cursor.number
                let value = cursor.value
                let anchor = try damage(number) { () throws(RecordError) in
                    try Anchor(decoding: value, revision: number)
                }
                if number > revision || anchor.ordinal > ordinal { doomed.append(number) }
                more = try cursor.next()
            }
            for number in doomed where !(floor != nil && number < (floor?.revision ?? 0)) {
                try transaction.remove(log.databases.anchors, number)
            }
        }
        log.abandon()
        return try complete(DiskLog(directory: directory, isReadOnly: false, isIndexed: false), from: revision)
    }

    /// The index, the parts of blocks and a checkpoint of a log that holds all whole blocks.
    private func complete(_ log: DiskLog, from revision: UInt64) throws(LogError) -> LogHead {
        defer { log.close() }
        var state = try log.newestCheckpoint(notAfter: revision)
        try log.buildIndex(&state) { change, revision in lost.note(change, revision) }
        var records: [EventRecord] = []
        if let partJournal { records += try decode(partJournal, log, state) }
        if let partAccess { records += try decodeAccess(partAccess, log) }
        if let refusal = lost.refusal { throw refusal }
        try trimObjects(log, after: state.creations)
        if !records.isEmpty {
            try log.append(records, after: state)
            for record in records where record.stream == .journal { state.apply(record) }
        }
        for (store, floor) in try lost.floors(log) { try log.set(floor, of: store) }
        try log.writeCheckpoint(state)
        return log.head
    }

    private func trimObjects(_ log: DiskLog, after creations: UInt64) throws(LogError) {
        try log.environment.write(growth: 1 << 20) { transaction throws(LogError) in
            var doomed: [UInt64] = []
            var cursor = try transaction.cursor(log.databases.objects)
            var more = try cursor.seek(creations + 1)
            while more {
                doomed.append(cursor.number)
                more = try cursor.next()
            }
            for number in doomed { try transaction.remove(log.databases.objects, number) }
        }
    }

    /// The records of a block up to the restore point, whole, on the state before them.
    private func decode(
        _ part: (first: UInt64, bytes: [UInt8]), _ log: DiskLog, _ state: ClusterState
    ) throws(LogError) -> [EventRecord] {
        var state = state
        return try log.read { transaction throws(LogError) in
            let names = LogNames(transaction, log.databases)
            return try damage(part.first) { () throws(RecordError) in
                try part.bytes.withUnsafeBytesTyped { bytes throws(RecordError) in
                    let block = try JournalBlock(bytes, firstRevision: part.first)
                    var decoder = try RecordDecoder(format: block.format, names: names)
                    var records: [EventRecord] = []
                    try block.forEach(from: part.first) { revision, bytes throws(RecordError) in
                        var (record, changes) = try decoder.journal(bytes, revision: revision, after: block.time)
                        switch point {
                        case .revision(let last) where revision > last: return false
                        case .time(let limit) where record.time > limit: return false
                        default: break
                        }
                        for change in changes {
                            lost.note(change, revision)
                            record.changes.append(
                                try change.change { () throws(RecordError) in
                                    guard let old = state.object(change.object.key) else {
                                        throw RecordError("\(change.object.key.description) is missing")
                                    }
                                    return old.body
                                })
                        }
                        if let problem = state.problem(with: record) { throw RecordError(problem) }
                        state.apply(record)
                        records.append(record)
                        return true
                    }
                    return records
                }
            }
        }
    }

    private func decodeAccess(_ part: (first: UInt64, bytes: [UInt8]), _ log: DiskLog) throws(LogError) -> [EventRecord]
    {
        try log.read { transaction throws(LogError) in
            let names = LogNames(transaction, log.databases)
            return try damage(nil, "access record \(part.first)") { () throws(RecordError) in
                try part.bytes.withUnsafeBytesTyped { bytes throws(RecordError) in
                    let block = try AccessBlock(bytes, firstOrdinal: part.first)
                    var decoder = try RecordDecoder(format: block.format, names: names)
                    let limit = accessLimit
                    return try block.records(&decoder).filter { limit == nil || $0.time <= limit! }
                }
            }
        }
    }
}

extension LogImport {
    /// Where the restored log begins.
    var floorRevision: UInt64 { floor?.revision ?? 0 }
}
