import Records

/// The databases inside `log.mdb`.
struct Databases: Sendable {
    /// `format`, `floor` and the like.
    let meta: Database
    /// First revision → a block of journal records.
    let journal: Database
    /// First ordinal → a block of access records.
    let access: Database
    /// Number → interned bytes and a checksum.
    let names: Database
    /// Object number → key, uid, and a checksum.
    let objects: Database
    /// Segment's first revision and an object number, both with the most significant byte first → which revisions changed the
    /// objects from that number on. Derived.
    let segments: Database
    /// An object's key and number → when it was created and deleted. Derived.
    let keys: Database
    /// Revision → the values of both chains there.
    let anchors: Database
    /// Segment's first revision and a fact's code, both with the most significant byte first → who gained and lost it. Derived.
    /// nil in a log of before there was such an index that is opened for reading.
    let facts: Database?
    /// The other log that this one goes on from; nil for one that stands by itself.
    var inherited: LogBase?

    /// nil when the file holds no log yet and is not to be made one.
    init?(_ transaction: Transaction, create: Bool) throws(LogError) {
        guard let meta = try transaction.database("meta", integerKeys: false, create: create),
            let journal = try transaction.database("journal", integerKeys: true, create: create),
            let access = try transaction.database("access", integerKeys: true, create: create),
            let names = try transaction.database("names", integerKeys: true, create: create),
            let objects = try transaction.database("objects", integerKeys: true, create: create),
            let segments = try transaction.database("segments", integerKeys: false, create: create),
            let keys = try transaction.database("keys", integerKeys: false, create: create),
            let anchors = try transaction.database("anchors", integerKeys: true, create: create)
        else { return nil }
        self.meta = meta
        self.journal = journal
        self.access = access
        self.names = names
        self.objects = objects
        self.segments = segments
        self.keys = keys
        self.anchors = anchors
        facts = try transaction.database("facts", integerKeys: false, create: create)
    }
}

/// Small values with a checksum behind them.
enum Checked {
    static func seal(_ bytes: [UInt8], seed: UInt64) -> [UInt8] {
        var out = ByteWriter()
        out.bytes = bytes
        out.word(Checksum.of(bytes, seed: seed))
        return out.bytes
    }
    static func open(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> UnsafeRawBufferPointer? {
        guard bytes.count >= 4 else { return nil }
        let content = UnsafeRawBufferPointer(rebasing: bytes.dropLast(4))
        let checksum = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: content.count, as: UInt32.self))
        return Checksum.of(content, seed: seed) == checksum ? content : nil
    }
}

extension ObjectIdentity {
    func encoded() -> [UInt8] {
        var out = ByteWriter()
        for text in [key.group, key.resource, key.namespace, key.name, uid] { out.text(text) }
        return out.bytes
    }
    init(decoding bytes: UnsafeRawBufferPointer) throws(RecordError) {
        var reader = ByteReader(bytes)
        let key = ObjectKey(
            group: try reader.text(), resource: try reader.text(), namespace: try reader.text(), name: try reader.text()
        )
        self.init(key: key, uid: try reader.text())
    }
}
