import ClusterState
import Document
import Records
import Schema

/// A fact of objects that lists ask for and the log has an index of.
public enum ListedFact: Hashable, Sendable {
    case label(key: String, value: String)
    /// `spec.nodeName` of a pod.
    case node(String)
}

/// Which objects gained and lost a fact at which revisions: labels, a pod's node, and being there at all, in a store and in a
/// namespace of it. From the beginning on this says which objects had a fact at any revision, and how many.
struct FactNotes: Sendable {
    struct Note: Equatable, Sendable {
        var revision: UInt64
        var number: UInt64
        var isGain: Bool
    }
    /// By the fact's code, in the order of the revisions.
    private(set) var notes: [UInt64: [Note]] = [:]
    private(set) var count = 0

    mutating func removeAll() {
        notes.removeAll(keepingCapacity: true)
        count = 0
    }

    /// Follows one object from its version before (nil for a creation) to the one after (nil for a deletion).
    mutating func note(from old: StoredObject?, to new: StoredObject?, number: UInt64, revision: UInt64) {
        guard let key = (new ?? old)?.key else { return }
        let store = FactCode(key)
        func each(_ object: StoredObject?, without other: StoredObject?, isGain: Bool) {
            guard let object else { return }
            if other == nil {
                add(store.presence(namespace: ""), number, revision, isGain)
                if !key.namespace.isEmpty {
                    add(store.presence(namespace: key.namespace), number, revision, isGain)
                }
            }
            for label in object.labels {
                if let value = other?.label(label.key), value.sameBytes(as: label.value) { continue }
                add(store.label(label.key, label.value), number, revision, isGain)
            }
            if !object.nodeName.isEmpty, !(other?.nodeName ?? "").sameBytes(as: object.nodeName) {
                add(store.node(object.nodeName), number, revision, isGain)
            }
        }
        each(old, without: new, isGain: false)
        each(new, without: old, isGain: true)
    }

    private mutating func add(_ code: UInt64, _ number: UInt64, _ revision: UInt64, _ isGain: Bool) {
        add(code, Note(revision: revision, number: number, isGain: isGain))
    }

    mutating func add(_ code: UInt64, _ note: Note) {
        notes[code, default: []].append(note)
        count += 1
    }

    /// What is stored of each fact for the revisions from `first` through `last`, in the order of the codes.
    func stored(first: UInt64, last: UInt64) -> [(code: UInt64, bytes: [UInt8])] {
        notes.keys.sorted().map { code in
            let list = notes[code]!
            var out = ByteWriter()
            out.varint(last - first)
            let gains = list.reduce(0) { $0 + ($1.isGain ? 1 : 0) }
            out.count(gains)
            out.count(list.count - gains)
            var (revision, number) = (first, UInt64(0))
            for note in list {
                out.varint((note.revision - revision) << 1 | (note.isGain ? 1 : 0))
                out.zigzag(Int64(bitPattern: note.number &- number))
                (revision, number) = (note.revision, note.number)
            }
            return (code, Checked.seal(out.bytes, seed: first ^ code))
        }
    }

    static func key(segment: UInt64, code: UInt64) -> [UInt8] { bigEndian(segment) + bigEndian(code) }
}

/// What a segment holds of one fact.
struct StoredFact {
    /// The last revision that it covers.
    let last: UInt64
    let gains: Int
    let losses: Int
    private let first: UInt64
    private var reader: ByteReader

    init(_ bytes: UnsafeRawBufferPointer, segment: UInt64, code: UInt64) throws(RecordError) {
        guard let content = Checked.open(bytes, seed: segment ^ code) else {
            throw RecordError("the checksum of an index is wrong")
        }
        reader = ByteReader(content)
        first = segment
        last = segment &+ (try reader.varint())
        gains = Int(clamping: try reader.varint())
        losses = Int(clamping: try reader.varint())
    }

    /// Calls `body` with each note in order, until it returns false.
    func forEach(_ body: (FactNotes.Note) -> Bool) throws(RecordError) {
        var reader = reader
        var (revision, number) = (first, UInt64(0))
        while reader.left > 0 {
            let step = try reader.varint()
            revision &+= step >> 1
            number &+= UInt64(bitPattern: try reader.zigzag())
            if !body(FactNotes.Note(revision: revision, number: number, isGain: step & 1 == 1)) { return }
        }
    }
}

/// The 64 bits that stand for a fact of the objects of one store. Two facts that share them are told apart by the objects
/// themselves: whoever looks for one compares what he finds.
struct FactCode {
    private let store: UInt64

    init(_ key: ObjectKey) { self.init(group: key.group, resource: key.resource) }
    init(_ store: GroupResource) { self.init(group: store.group, resource: store.resource) }
    private init(group: String, resource: String) {
        store = Self.mix(Self.mix(0xCBF2_9CE4_8422_2325, group), resource)
    }

    func presence(namespace: String) -> UInt64 { Self.mix(store ^ 1, namespace) }
    func label(_ key: String, _ value: String) -> UInt64 { Self.mix(Self.mix(store ^ 2, key), value) }
    func node(_ name: String) -> UInt64 { Self.mix(store ^ 3, name) }
    func code(_ fact: ListedFact) -> UInt64 {
        switch fact {
        case .label(let key, let value): label(key, value)
        case .node(let name): node(name)
        }
    }

    private static func mix(_ start: UInt64, _ text: String) -> UInt64 {
        var hash = start
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        hash = (hash ^ hash >> 29 ^ UInt64(text.utf8.count)) &* 0xBF58_476D_1CE4_E5B9
        return hash ^ hash >> 32
    }
}
