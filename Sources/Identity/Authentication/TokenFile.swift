import Records

/// Tokens that never change, from a file (`--token-auth-file`): `token,user,uid,"group1,group2"` on each line.
public struct TokenFile: Sendable {
    private var users: [String: UserInfo]
    private var fingerprints: [String: String]

    /// Reads the file's text; errors name the line.
    public init(parsing text: String) throws(IdentityError) {
        var users: [String: UserInfo] = [:]
        var fingerprints: [String: String] = [:]
        for (index, record) in try Self.records(text).enumerated() {
            let line = index + 1
            guard record.count >= 3 else {
                throw IdentityError(
                    "token file, record \(line): it must have at least 3 columns (token, user, uid), found \(record.count)"
                )
            }
            guard !record[0].isEmpty else { throw IdentityError("token file, record \(line): the token is empty") }
            guard users[record[0]] == nil else {
                throw IdentityError("token file, record \(line): the token stands there twice")
            }
            let groups =
                record.count >= 4 && !record[3].isEmpty
                ? record[3].split(separator: ",", omittingEmptySubsequences: false).map(String.init) : []
            users[record[0]] = UserInfo(
                name: record[1], uid: record[2], groups: Authenticator.withAuthenticated(groups))
            fingerprints[record[0]] = Fingerprint.of(record[0])
        }
        self.users = users
        self.fingerprints = fingerprints
    }

    /// Reads the file at `path`.
    public static func read(_ path: String) throws(IdentityError) -> TokenFile {
        guard let bytes = try PrivateFile.read(path) else { throw IdentityError("there is no token file \(path)") }
        return try TokenFile(parsing: String(decoding: bytes, as: UTF8.self))
    }

    /// The same with one token more, of a user in these groups.
    public func adding(_ token: String, user name: String, groups: [String]) -> TokenFile {
        var file = self
        file.users[token] = UserInfo(name: name, uid: name, groups: Authenticator.withAuthenticated(groups))
        file.fingerprints[token] = Fingerprint.of(token)
        return file
    }

    func user(_ token: String) -> (user: UserInfo, fingerprint: String)? {
        users[token].map { ($0, fingerprints[token] ?? "") }
    }

    /// Comma-separated values with quoted fields; spaces around a field are cut, comment lines start with `#`.
    private static func records(_ text: String) throws(IdentityError) -> [[String]] {
        var out: [[String]] = []
        var record: [String] = []
        var field: [UInt8] = []
        var isQuoted = false
        var wasQuoted = false
        func cut(_ bytes: [UInt8]) -> String {
            var part = bytes[...]
            while let c = part.first, c == 32 || c == 9 { part.removeFirst() }
            while let c = part.last, c == 32 || c == 9 || c == 13 { part.removeLast() }
            return String(decoding: part, as: UTF8.self)
        }
        func endField() {
            record.append(wasQuoted ? String(decoding: field, as: UTF8.self) : cut(field))
            field = []
            wasQuoted = false
        }
        func endRecord() {
            endField()
            if record != [""], !record[0].hasPrefix("#") { out.append(record) }
            record = []
        }
        let bytes = Array(text.utf8)
        var i = 0
        while i < bytes.count {
            let c = bytes[i]
            if isQuoted {
                if c == UInt8(ascii: "\""), i + 1 < bytes.count, bytes[i + 1] == c {
                    field.append(c)
                    i += 1
                } else if c == UInt8(ascii: "\"") {
                    isQuoted = false
                } else {
                    field.append(c)
                }
            } else if c == UInt8(ascii: "\""), cut(field).isEmpty {
                isQuoted = true
                wasQuoted = true
                field = []
            } else if c == UInt8(ascii: ",") {
                endField()
            } else if c == 10 {
                endRecord()
            } else if !wasQuoted {
                field.append(c)
            }
            i += 1
        }
        if isQuoted { throw IdentityError("token file: a quotation mark is not closed") }
        if !field.isEmpty || !record.isEmpty || wasQuoted { endRecord() }
        return out
    }
}
