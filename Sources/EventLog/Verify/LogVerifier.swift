import ClusterState
import Document
import Records
import Schema

/// Reads a whole log through its raw pages: recomputes both chains, decodes and folds every record, and compares what is derived
/// (index, lives, chain values, checkpoints) with what comes out.
struct LogVerifier {
    private let walker: PageWalker
    private let directory: String
    private let checkpoints: [UInt64]
    private let keyframes: [UInt64]
    private let progress: (Double) -> Void
    /// A revision of which the chain's value is reported.
    private let mark: UInt64?
    private var report = VerifyReport()

    private let names = VerifiedNames()
    private var anchors: [UInt64: Anchor] = [:]
    private var floor: UInt64 = 0
    /// Up to where kinds are forgotten.
    private var kindFloors: [GroupResource: KindFloor] = [:]
    private var indexed: UInt64 = 0
    private var accessFloor: (ordinal: UInt64, chain: [UInt8]) = (0, HashChain.origin)
    /// The stored index: chunks by segment, each with its first object number.
    private var segments: [UInt64: [(number: UInt64, bytes: [UInt8])]] = [:]
    private var lives: [UInt64: VersionIndex.Life] = [:]
    /// The stored facts by segment, each with its code, and the first revision that they cover.
    private var facts: [UInt64: [(code: UInt64, bytes: [UInt8])]] = [:]
    private var factsFirst: UInt64?

    init(
        _ walker: PageWalker, directory: String, checkpoints: [UInt64], keyframes: [UInt64], mark: UInt64? = nil,
        _ progress: @escaping (Double) -> Void
    ) {
        self.walker = walker
        self.directory = directory
        self.checkpoints = checkpoints
        self.keyframes = keyframes
        self.progress = progress
        self.mark = mark
    }

    consuming func run() -> VerifyReport {
        var verifier = self
        if verifier.walker.missingBytes > 0 {
            verifier.find(nil, "the file was cut: \(verifier.walker.missingBytes) bytes are missing at its end")
        }
        if !verifier.walker.hasBothMetaPages { verifier.find(nil, "one of the two meta pages is damaged") }
        do throws(PageWalker.Problem) { try verifier.walker.checkFreeList() } catch {
            verifier.find(nil, "free pages: \(error.description)")
        }
        verifier.readSmall()
        verifier.verifyJournal()
        verifier.verifyAccess()
        verifier.progress(1)
        return verifier.report
    }

    private mutating func find(_ revision: UInt64?, _ text: String) {
        guard report.findings.count < 100 else { return }
        report.findings.append(.init(revision: revision, text: text))
    }

    private func entries(
        _ name: String, integerKeys: Bool,
        _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws(PageWalker.Problem) -> Bool
    ) -> String? {
        do throws(PageWalker.Problem) {
            guard let tree = try walker.database(name) else { return "the database is missing" }
            try walker.forEach(tree, integerKeys: integerKeys, body)
            return nil
        } catch {
            return error.description
        }
    }

    /// Everything but the streams: small enough to hold.
    private mutating func readSmall() {
        var (texts, objects) = ([UInt64: [UInt8]](), [UInt64: ObjectIdentity]())
        var (anchors, segments, lives) = (self.anchors, self.segments, self.lives)
        var meta: [String: String] = [:]
        var (accessFloor, kindFloors) = ([UInt8]?.none, [UInt8]?.none)
        var bad: [(String, String?)] = []
        bad.append(
            (
                "meta",
                entries("meta", integerKeys: false) { key, value throws(PageWalker.Problem) in
                    meta[String(decoding: key, as: UTF8.self)] = String(decoding: value, as: UTF8.self)
                    if key.elementsEqual(DiskLog.accessFloorKey) { accessFloor = Array(value) }
                    if key.elementsEqual(DiskLog.kindFloorsKey) { kindFloors = Array(value) }
                    return true
                }
            ))
        var damagedNames: [UInt64] = []
        bad.append(
            (
                "names",
                entries("names", integerKeys: true) { key, value throws(PageWalker.Problem) in
                    let number = key.loadUnaligned(as: UInt64.self)
                    if let content = Checked.open(value, seed: number) {
                        texts[number] = Array(content)
                    } else {
                        damagedNames.append(number)
                    }
                    return true
                }
            ))
        bad.append(
            (
                "objects",
                entries("objects", integerKeys: true) { key, value throws(PageWalker.Problem) in
                    let number = key.loadUnaligned(as: UInt64.self)
                    if let content = Checked.open(value, seed: number),
                        let object = try? ObjectIdentity(decoding: content)
                    {
                        objects[number] = object
                    } else {
                        damagedNames.append(number)
                    }
                    return true
                }
            ))
        var damagedAnchors: [UInt64] = []
        bad.append(
            (
                "anchors",
                entries("anchors", integerKeys: true) { key, value throws(PageWalker.Problem) in
                    let revision = key.loadUnaligned(as: UInt64.self)
                    if let anchor = try? Anchor(decoding: value, revision: revision) {
                        anchors[revision] = anchor
                    } else {
                        damagedAnchors.append(revision)
                    }
                    return true
                }
            ))
        bad.append(
            (
                "segments",
                entries("segments", integerKeys: false) { key, value throws(PageWalker.Problem) in
                    guard key.count == 16 else { return true }
                    let segment = UInt64(bigEndian: key.loadUnaligned(as: UInt64.self))
                    segments[segment, default: []].append(
                        (UInt64(bigEndian: key.loadUnaligned(fromByteOffset: 8, as: UInt64.self)), Array(value)))
                    return true
                }
            ))
        bad.append(
            (
                "keys",
                entries("keys", integerKeys: false) { key, value throws(PageWalker.Problem) in
                    guard key.count > 8 else { return true }
                    let number = VersionIndex.number(ofLifeKey: key)
                    lives[number] =
                        (try? VersionIndex.decode(value, number: number))
                        ?? VersionIndex.Life(number: number, created: 0, deleted: 0)
                    return true
                }
            ))
        var facts = self.facts
        if let first = meta["facts"].flatMap({ UInt64($0) }) {
            factsFirst = first
            bad.append(
                (
                    "facts",
                    entries("facts", integerKeys: false) { key, value throws(PageWalker.Problem) in
                        guard key.count == 16 else { return true }
                        let segment = UInt64(bigEndian: key.loadUnaligned(as: UInt64.self))
                        facts[segment, default: []].append(
                            (UInt64(bigEndian: key.loadUnaligned(fromByteOffset: 8, as: UInt64.self)), Array(value)))
                        return true
                    }
                ))
        }
        self.facts = facts
        for (name, problem) in bad { if let problem { find(nil, "\(name): \(problem)") } }
        if !damagedNames.isEmpty {
            find(
                nil,
                "\(damagedNames.count) names or objects have a wrong checksum, the first is number \(damagedNames.min()!)"
            )
        }
        for revision in damagedAnchors { find(revision, "the stored chain value has a wrong checksum") }
        if meta["format"] != String(LogFormat.known) {
            find(nil, "the format version is \(meta["format"] ?? "missing")")
        }
        floor = meta["floor"].flatMap { UInt64($0) } ?? 0
        indexed = meta["indexed"].flatMap { UInt64($0) } ?? 0
        if let accessFloor {
            do throws(RecordError) { self.accessFloor = try DiskLog.readAccessFloor(accessFloor) } catch {
                find(nil, error.text)
            }
        }
        if let kindFloors {
            do throws(RecordError) { self.kindFloors = try DiskLog.decodeKindFloors(kindFloors) } catch {
                find(nil, error.text)
            }
        }
        names.texts = texts
        names.objects = objects
        (self.anchors, self.segments, self.lives) = (anchors, segments, lives)
    }

    private mutating func verifyJournal() {
        var state = ClusterState()
        if floor > 0 {
            do throws(LogError) { state = try checkpoint(floor) } catch {
                return find(floor, "the checkpoint at the floor: \(error)")
            }
        }
        var chain: [UInt8]?
        var index = VersionIndex()
        index.begin(at: floor + 1)
        var next: UInt64?
        var bad: (revision: UInt64, text: String)?
        var found: [(UInt64?, String)] = []
        var times = report.head.time
        let (names, anchors, floor, indexed, segments) = (names, anchors, floor, indexed, segments)
        let (facts, factsFirst) = (facts, factsFirst ?? .max)
        let (checkpoints, directory, progress) = (Set(checkpoints), directory, progress)
        var keyframes = soundKeyframes()
        var events: UInt64 = 0
        var checked = 0
        let starts = Set(segments.keys)
        let last = anchors.keys.max() ?? 0
        var firstLives: [UInt64: VersionIndex.Life] = [:]
        let (mark, kindFloors) = (mark, kindFloors)
        // Whether the stretch being indexed lacks bodies, and so what the index once read in them.
        var isForgetful = false
        var marked: [UInt8]?
        let structure = entries("journal", integerKeys: true) { key, value throws(PageWalker.Problem) in
            let first = key.loadUnaligned(as: UInt64.self)
            var current = first
            do throws(RecordError) {
                if let next, first != next { throw RecordError("records are missing before revision \(first)") }
                if next == nil {
                    guard first <= floor + 1 else { throw RecordError("records are missing after the floor \(floor)") }
                    chain = first == 1 ? HashChain.origin : anchors[first - 1]?.chain
                    if chain == nil { throw RecordError("the chain value before the first record is missing") }
                    if first - 1 == mark { marked = chain }
                }
                let block = try JournalBlock(value, firstRevision: first)
                next = first + UInt64(block.count)
                var decoder = try RecordDecoder(format: block.format, names: names)
                try block.forEach(from: first) { revision, bytes throws(RecordError) in
                    current = revision
                    guard revision > floor else { return true }
                    let (record, changes) = try decoder.journal(bytes, revision: revision, after: block.time)
                    let before = changes.map { state.object($0.object.key) }
                    try DiskLog.apply(record, changes, to: &state)
                    for (change, old) in zip(changes, before) {
                        if change.isForgotten {
                            isForgetful = true
                            let key = change.object.key
                            let store = key.store
                            guard revision <= kindFloors[store]?.revision ?? 0 else {
                                throw RecordError("the body of \(key.description) is missing")
                            }
                        }
                        if change.kind == .created, names.objects[change.number] != change.object {
                            throw RecordError("object \(change.number) is stored as another one")
                        }
                        index.note(
                            change.kind, change.object.key, number: change.number, revision: revision, from: old,
                            to: state.object(change.object.key))
                        switch change.kind {
                        case .created:
                            firstLives[change.number] = .init(number: change.number, created: revision, deleted: 0)
                        case .updated: break
                        case .deleted: firstLives[change.number]?.deleted = revision
                        }
                    }
                    index.note(revision: revision)
                    times = max(times, record.time)
                    events += 1
                    if revision <= indexed, starts.contains(revision + 1) || revision == indexed {
                        // The segment that the floor parts begins before the first record that is left.
                        if floor == 0 || index.first > floor + 1 || starts.contains(index.first) {
                            Self.compare(index, segments[index.first] ?? [], &found)
                            if index.first >= factsFirst, !isForgetful {
                                Self.compare(index, facts[index.first] ?? [], &found)
                            }
                        }
                        index.begin(at: revision + 1)
                        isForgetful = false
                    }
                    if checkpoints.contains(revision) {
                        checked += 1
                        do throws(LogError) {
                            let stored = try CheckpointFile.read(
                                DiskLog.checkpointPath(directory, revision), revision: revision)
                            let unknown = kindFloors.filter { $0.value.revision > revision }.map(\.key)
                            let (x, y) = (stored.without(unknown), state.without(unknown))
                            if x.digest(SHA256Hasher.self) != y.digest(SHA256Hasher.self) {
                                found.append((revision, "the checkpoint differs from the state"))
                            }
                        } catch { found.append((revision, "the checkpoint: \(error)")) }
                    }
                    if let frame = keyframes.removeValue(forKey: revision), !frame.agrees(with: state) {
                        found.append((revision, "the keyframe differs from the state"))
                    }
                    return true
                }
                current = first
                chain = try block.chain(SHA256Hasher.self, after: chain!, names: try names.all(block.names))
                guard chain!.starts(with: block.chainTail) else { throw RecordError("the hash chain does not close") }
                if next! - 1 == mark { marked = chain }
                if let anchor = anchors[next! - 1], anchor.chain != chain {
                    throw RecordError("the chain differs from the value stored after it")
                }
                if events % 1024 < UInt64(block.count), last > 0 {
                    progress(min(0.95, Double(first) / Double(last) * 0.9))
                }
                return true
            } catch {
                bad = (current, error.text)
                return false
            }
        }
        self.report.events = events
        self.report.floor = floor
        self.report.markedChain = marked
        self.report.checkpoints = checked
        if let bad { find(bad.revision, bad.text) }
        if let structure { find(next ?? floor + 1, "journal: \(structure)") }
        for (revision, text) in found { find(revision, text) }
        self.report.head.revision = state.revision
        self.report.head.chain = chain ?? HashChain.origin
        self.report.head.time = times
        self.report.stateDigest = state.digest(SHA256Hasher.self)
        guard bad == nil, structure == nil else { return }
        for revision in anchors.keys.sorted() where revision > state.revision {
            find(
                state.revision + 1, "the journal ends at \(state.revision), but a chain value is stored for \(revision)"
            )
        }
        for number in firstLives.keys.sorted() {
            var expected = firstLives[number]!
            guard expected.created <= indexed else { continue }
            if expected.deleted > indexed { expected.deleted = 0 }
            if lives[number] != expected { find(expected.created, "the life of object \(number) is stored wrongly") }
        }
    }

    /// The keyframes that can be read, by revision.
    private mutating func soundKeyframes() -> [UInt64: Keyframe] {
        var sound: [UInt64: Keyframe] = [:]
        for revision in keyframes {
            if let frame = Keyframe(path: DiskLog.keyframePath(directory, revision), revision: revision),
                frame.isWhole()
            {
                sound[revision] = frame
            } else {
                find(revision, "the keyframe is damaged: delete it, the journal does without")
            }
        }
        report.keyframes = keyframes.count
        return sound
    }

    private func checkpoint(_ revision: UInt64) throws(LogError) -> ClusterState {
        try CheckpointFile.read(DiskLog.checkpointPath(directory, revision), revision: revision)
    }

    private static func compare(
        _ index: VersionIndex, _ stored: [(number: UInt64, bytes: [UInt8])], _ found: inout [(UInt64?, String)]
    ) {
        let expected = index.chunks()
        guard expected.count == stored.count,
            zip(expected, stored).allSatisfy({ $0.number == $1.number && $0.bytes == $1.bytes })
        else {
            return found.append(
                (index.first, "the index of revisions \(index.first) to \(index.last) differs from the journal"))
        }
    }

    private static func compare(
        _ index: VersionIndex, _ stored: [(code: UInt64, bytes: [UInt8])], _ found: inout [(UInt64?, String)]
    ) {
        guard index.facts.stored(first: index.first, last: index.last).elementsEqual(stored, by: ==) else {
            return found.append(
                (index.first, "the facts of revisions \(index.first) to \(index.last) differ from the journal"))
        }
    }

    private mutating func verifyAccess() {
        var chain: [UInt8]?
        var next: UInt64?
        var bad: String?
        var (count, time) = (UInt64(0), report.head.time)
        let byOrdinal = Dictionary(anchors.values.map { ($0.ordinal, $0.accessChain) }, uniquingKeysWith: { $1 })
        let (names, accessFloor) = (names, accessFloor)
        let structure = entries("access", integerKeys: true) { key, value throws(PageWalker.Problem) in
            let first = key.loadUnaligned(as: UInt64.self)
            do throws(RecordError) {
                if let next, first != next { throw RecordError("records are missing before it") }
                if next == nil, first == accessFloor.ordinal + 1 { chain = accessFloor.chain }
                let block = try AccessBlock(value, firstOrdinal: first)
                var decoder = try RecordDecoder(format: block.format, names: names)
                let records = try block.records(&decoder)
                count += UInt64(records.count)
                time = max(time, records.last?.time ?? time)
                next = first + UInt64(block.count)
                guard let before = chain else { throw RecordError("the chain value before it is missing") }
                let after = HashChain.next(
                    SHA256Hasher.self, after: before, names: try names.all(block.names), block: block.chained)
                guard after.starts(with: block.chainTail) else { throw RecordError("the hash chain does not close") }
                if let stored = byOrdinal[next! - 1], stored != after {
                    throw RecordError("the chain differs from the value stored after it")
                }
                chain = after
                return true
            } catch {
                bad = "access record \(first): \(error.text)"
                return false
            }
        }
        report.accesses = count
        report.head.ordinal = next.map { $0 - 1 } ?? accessFloor.ordinal
        report.head.time = time
        if let bad { find(nil, bad) }
        if let structure { find(nil, "access: \(structure)") }
        if bad == nil, structure == nil, let last = byOrdinal.keys.max(), last > report.head.ordinal {
            find(nil, "the access stream ends at \(report.head.ordinal), but a chain value is stored for \(last)")
        }
    }
}
