import CLMDB

/// Walks a database in the order of its keys. Valid inside its transaction.
struct Cursor: ~Copyable {
    private let handle: OpaquePointer
    private(set) var key = UnsafeRawBufferPointer(start: nil, count: 0)
    private(set) var value = UnsafeRawBufferPointer(start: nil, count: 0)

    init(handle: OpaquePointer) { self.handle = handle }
    deinit { mdb_cursor_close(handle) }

    /// The key of a database with number keys.
    var number: UInt64 { key.loadUnaligned(as: UInt64.self) }

    /// Each move says whether there is an entry there.
    mutating func first() throws(LogError) -> Bool { try move(MDB_FIRST) }
    mutating func last() throws(LogError) -> Bool { try move(MDB_LAST) }
    mutating func next() throws(LogError) -> Bool { try move(MDB_NEXT) }
    mutating func previous() throws(LogError) -> Bool { try move(MDB_PREV) }

    /// The first entry whose key is not before `key`.
    mutating func seek(_ key: UInt64) throws(LogError) -> Bool {
        var number = key
        let code = withUnsafeMutableBytes(of: &number) {
            position(MDB_SET_RANGE, MDB_val(mv_size: 8, mv_data: $0.baseAddress))
        }
        return try found(code)
    }
    mutating func seek(_ key: [UInt8]) throws(LogError) -> Bool {
        var bytes = key
        let code = bytes.withUnsafeMutableBytes {
            position(MDB_SET_RANGE, MDB_val(mv_size: $0.count, mv_data: $0.baseAddress))
        }
        return try found(code)
    }
    /// The last entry whose key is not after `key`.
    mutating func seekBack(_ key: UInt64) throws(LogError) -> Bool {
        guard try seek(key) else { return try last() }
        return number == key ? true : try previous()
    }

    /// Whether there is an entry whose key begins with the bytes of a number, the most significant first.
    consuming func begins(with number: UInt64) throws(LogError) -> Bool {
        let prefix = bigEndian(number)
        return try seek(prefix) && key.starts(with: prefix)
    }

    private mutating func move(_ operation: MDB_cursor_op) throws(LogError) -> Bool {
        try found(position(operation, MDB_val()))
    }

    private mutating func position(_ operation: MDB_cursor_op, _ start: MDB_val) -> Int32 {
        var key = start
        var value = MDB_val()
        let code = mdb_cursor_get(handle, &key, &value, operation)
        if code == MDB_SUCCESS {
            self.key = UnsafeRawBufferPointer(start: key.mv_data, count: key.mv_size)
            self.value = UnsafeRawBufferPointer(start: value.mv_data, count: value.mv_size)
        }
        return code
    }
    private func found(_ code: Int32) throws(LogError) -> Bool {
        if code == MDB_NOTFOUND { return false }
        try Environment.check(code, "read")
        return true
    }
}
