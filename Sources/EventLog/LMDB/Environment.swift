import CLMDB
import Glibc
import Synchronization

/// One LMDB environment: a single file with its lock file beside it.
///
/// `MDB_WRITEMAP` stays off, so that a stray write in this process cannot reach the file; `MDB_NOTLS` lets a read transaction move
/// between threads. Sendable: LMDB's environment handle may be used by any thread, and it alone is kept here.
final class Environment: @unchecked Sendable {
    private let handle: OpaquePointer
    let isReadOnly: Bool
    /// Up to which byte of the file there is disk space for certain.
    private let reserved = Mutex(0)

    /// Opens or makes the file. The map is sized once, far beyond need; the file grows only as it is used.
    init(path: String, isReadOnly: Bool, databasesMax: Int, readersMax: Int, mapBytes: [Int]) throws(LogError) {
        var handle: OpaquePointer?
        self.isReadOnly = isReadOnly
        var code: Int32 = 0
        // A machine that limits address space gets a smaller map.
        for size in mapBytes {
            try Self.check(mdb_env_create(&handle), "opening")
            mdb_env_set_maxdbs(handle, MDB_dbi(databasesMax))
            mdb_env_set_maxreaders(handle, UInt32(readersMax))
            try Self.check(mdb_env_set_mapsize(handle, size), "opening")
            var flags = UInt32(MDB_NOSUBDIR) | UInt32(MDB_NOTLS) | UInt32(MDB_NORDAHEAD)
            if isReadOnly { flags |= UInt32(MDB_RDONLY) }
            code = mdb_env_open(handle, path, flags, 0o600)
            if code == 0 { break }
            mdb_env_close(handle)
            handle = nil
            if code != ENOMEM && code != EINVAL { break }
        }
        guard let handle else {
            switch code {
            case MDB_INVALID, MDB_VERSION_MISMATCH, MDB_CORRUPTED:
                throw .damaged(revision: nil, "\(path) is no log file")
            case ENOENT:
                throw .unusable(
                    "\(path) does not exist: start `reckon up` or `reckon apiserver` on this directory first")
            case EACCES, EPERM, EROFS: throw .unusable("\(path) cannot be opened: no permission")
            default: throw .failed(operation: "opening", code: code)
            }
        }
        self.handle = handle
        var info = MDB_envinfo()
        var pages = MDB_stat()
        mdb_env_info(handle, &info)
        mdb_env_stat(handle, &pages)
        var file = stat()
        let needed = (info.me_last_pgno + 1) * Int(pages.ms_psize)
        // A page beyond the file's end would end the process when touched.
        if stat(path, &file) == 0, Int(file.st_size) < needed {
            mdb_env_close(handle)
            throw .damaged(revision: nil, "\(path) was cut: it has \(file.st_size) bytes of \(needed)")
        }
        var dead: Int32 = 0
        mdb_reader_check(handle, &dead)
    }

    func close() { mdb_env_close(handle) }

    /// Bytes of the file that are in use, free pages inside it included.
    var usedBytes: UInt64 {
        var info = MDB_envinfo()
        var stat = MDB_stat()
        mdb_env_info(handle, &info)
        mdb_env_stat(handle, &stat)
        return UInt64(info.me_last_pgno + 1) * UInt64(stat.ms_psize)
    }

    /// Runs `body` on a snapshot. Keep it short: pages freed meanwhile cannot be used again.
    func read<T>(_ body: (Transaction) throws(LogError) -> T) throws(LogError) -> T {
        var transaction: OpaquePointer?
        try Self.check(mdb_txn_begin(handle, nil, UInt32(MDB_RDONLY), &transaction), "read")
        let result: T
        do throws(LogError) {
            result = try body(Transaction(handle: transaction!))
        } catch {
            mdb_txn_abort(transaction)
            throw error
        }
        // Ended by a commit, though nothing was written: an abort would take back the databases that were opened in it.
        try Self.check(mdb_txn_commit(transaction), "read")
        return result
    }

    /// Runs `body` and makes what it wrote durable, all or nothing. `growth` is what it may add to the file, in bytes, at most.
    func write<T>(growth: Int = 1 << 20, _ body: (Transaction) throws(LogError) -> T) throws(LogError) -> T {
        if growth > 0 { try reserve(growth) }
        var transaction: OpaquePointer?
        try Self.check(mdb_txn_begin(handle, nil, 0, &transaction), "write")
        let result: T
        do throws(LogError) {
            result = try body(Transaction(handle: transaction!))
        } catch {
            mdb_txn_abort(transaction)
            throw error
        }
        try Self.check(mdb_txn_commit(transaction), "commit")
        return result
    }

    /// Takes disk space ahead of writing. A disk that is full shows here, before anything is written, so that an error of the writes
    /// themselves always means a failing disk.
    private func reserve(_ growth: Int) throws(LogError) {
        let used = Int(usedBytes)
        let isReserved = reserved.withLock { $0 >= used + growth }
        if isReserved { return }
        var file: Int32 = -1
        mdb_env_get_fd(handle, &file)
        let step = min(max(used / 8, Limits.reserveBytesMin), Limits.reserveBytesMax)
        for size in [used + growth + step, used + growth] {
            var code: Int32 = 0
            repeat { code = reserve_space(file, size) } while code == EINTR
            // Where space cannot be taken ahead, it is taken as it is used.
            if code == 0 || code == EOPNOTSUPP || code == ENOSYS {
                reserved.withLock { $0 = code == 0 ? size : Int.max }
                return
            }
            if code != ENOSPC && code != EDQUOT && code != EFBIG {
                throw .failed(operation: "reservation of space", code: code)
            }
            if size == used + growth { throw .full(code: code) }
        }
    }

    static func check(_ code: Int32, _ operation: String) throws(LogError) {
        switch code {
        case MDB_SUCCESS: return
        case MDB_MAP_FULL, ENOSPC, EDQUOT, EFBIG: throw .full(code: code)
        case MDB_CORRUPTED, MDB_PAGE_NOTFOUND, MDB_INVALID:
            throw .damaged(revision: nil, "LMDB says \(String(cString: mdb_strerror(code)))")
        default: throw .failed(operation: operation, code: code)
        }
    }
}

/// A read or write transaction, valid inside the closure that got it.
struct Transaction {
    fileprivate let handle: OpaquePointer
    /// Which version of the file it sees.
    var id: UInt64 { UInt64(mdb_txn_id(handle)) }

    /// Opens a named database; nil when it does not exist and is not to be made.
    func database(_ name: String, integerKeys: Bool, create: Bool) throws(LogError) -> Database? {
        var dbi: MDB_dbi = 0
        var flags: UInt32 = integerKeys ? UInt32(MDB_INTEGERKEY) : 0
        if create { flags |= UInt32(MDB_CREATE) }
        let code = mdb_dbi_open(handle, name, flags, &dbi)
        if code == MDB_NOTFOUND { return nil }
        try Environment.check(code, "opening")
        return Database(dbi: dbi)
    }

    /// Calls `body` with the value in the file's own memory.
    func get<T>(_ database: Database, _ key: UInt64, _ body: (UnsafeRawBufferPointer) throws(LogError) -> T)
        throws(LogError) -> T?
    {
        var number = key
        var value = MDB_val()
        let code = withUnsafeMutableBytes(of: &number) { bytes in
            var key = MDB_val(mv_size: 8, mv_data: bytes.baseAddress)
            return mdb_get(handle, database.dbi, &key, &value)
        }
        if code == MDB_NOTFOUND { return nil }
        try Environment.check(code, "read")
        return try body(UnsafeRawBufferPointer(start: value.mv_data, count: value.mv_size))
    }

    func get(_ database: Database, _ key: [UInt8]) throws(LogError) -> [UInt8]? {
        var value = MDB_val()
        var bytes = key
        let code = bytes.withUnsafeMutableBytes { bytes in
            var key = MDB_val(mv_size: bytes.count, mv_data: bytes.baseAddress)
            return mdb_get(handle, database.dbi, &key, &value)
        }
        if code == MDB_NOTFOUND { return nil }
        try Environment.check(code, "read")
        return Array(UnsafeRawBufferPointer(start: value.mv_data, count: value.mv_size))
    }

    /// Writes after the last key; the key must be greater than it.
    func append(_ database: Database, _ key: UInt64, _ value: [UInt8]) throws(LogError) {
        var number = key
        let code = withUnsafeMutableBytes(of: &number) { put(database, $0, value, UInt32(MDB_APPEND)) }
        if code == MDB_KEYEXIST { throw .outOfOrder("key \(key) is not after the last one") }
        try Environment.check(code, "write")
    }
    func put(_ database: Database, _ key: UInt64, _ value: [UInt8]) throws(LogError) {
        var number = key
        try Environment.check(withUnsafeMutableBytes(of: &number) { put(database, $0, value, 0) }, "write")
    }
    func put(_ database: Database, _ key: [UInt8], _ value: [UInt8]) throws(LogError) {
        var key = key
        try Environment.check(key.withUnsafeMutableBytes { put(database, $0, value, 0) }, "write")
    }

    private func put(_ database: Database, _ key: UnsafeMutableRawBufferPointer, _ value: [UInt8], _ flags: UInt32)
        -> Int32
    {
        var key = MDB_val(mv_size: key.count, mv_data: key.baseAddress)
        return value.withUnsafeBytes { value in
            var value = MDB_val(mv_size: value.count, mv_data: UnsafeMutableRawPointer(mutating: value.baseAddress))
            return mdb_put(handle, database.dbi, &key, &value, flags)
        }
    }

    func remove(_ database: Database, _ key: UInt64) throws(LogError) {
        var number = key
        try removed(withUnsafeMutableBytes(of: &number) { delete(database, $0) })
    }
    func remove(_ database: Database, _ key: [UInt8]) throws(LogError) {
        var key = key
        try removed(key.withUnsafeMutableBytes { delete(database, $0) })
    }
    private func delete(_ database: Database, _ key: UnsafeMutableRawBufferPointer) -> Int32 {
        var key = MDB_val(mv_size: key.count, mv_data: key.baseAddress)
        return mdb_del(handle, database.dbi, &key, nil)
    }
    private func removed(_ code: Int32) throws(LogError) {
        if code != MDB_NOTFOUND { try Environment.check(code, "write") }
    }

    func cursor(_ database: Database) throws(LogError) -> Cursor {
        var cursor: OpaquePointer?
        try Environment.check(mdb_cursor_open(handle, database.dbi, &cursor), "read")
        return Cursor(handle: cursor!)
    }

    /// Entries and pages of a database.
    func size(_ database: Database) throws(LogError) -> (entries: Int, bytes: UInt64) {
        var stat = MDB_stat()
        try Environment.check(mdb_stat(handle, database.dbi, &stat), "read")
        let pages = stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages
        return (stat.ms_entries, UInt64(pages) * UInt64(stat.ms_psize))
    }
}

/// A named database inside the file.
struct Database: Sendable {
    fileprivate let dbi: MDB_dbi
}
