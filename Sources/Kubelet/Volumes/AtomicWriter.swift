import Foundation

/// Writes a set of files so that a reader sees all of the old or all of the new ones: upstream's `AtomicWriter`.
///
///     volume/
///       ..2026_11_23_08_00_00.000000001/   the files themselves
///       ..data -> ..2026_11_23_08_00_00.000000001
///       key -> ..data/key
package struct AtomicWriter {
    package struct File: Equatable {
        package var bytes: [UInt8]
        package var mode: Int
        /// Given to this user and group; nil leaves root.
        package var user: UInt32?
        package var group: UInt32?
        package init(bytes: [UInt8], mode: Int, user: UInt32? = nil, group: UInt32? = nil) {
            self.bytes = bytes
            self.mode = mode
            self.user = user
            self.group = group
        }
    }
    package let directory: String
    package init(directory: String) { self.directory = directory }

    /// Makes the directory show exactly these files; does nothing when it does already. `stamp` names the version.
    package func write(_ files: [String: File], stamp: String) throws {
        let fm = FileManager.default
        try fm.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let old = try? fm.destinationOfSymbolicLink(atPath: directory + "/..data")
        if let old, isSame(files, in: directory + "/" + old) { return }

        let version = "..\(stamp)"
        let place = directory + "/" + version
        try? fm.removeItem(atPath: place)
        try fm.createDirectory(atPath: place, withIntermediateDirectories: false)
        chmod(place, 0o755)
        for (path, file) in files {
            let full = place + "/" + path
            let parent = String(full[..<full.lastIndex(of: "/")!])
            if parent != place { try fm.createDirectory(atPath: parent, withIntermediateDirectories: true) }
            guard fm.createFile(atPath: full, contents: Data(file.bytes)) else { throw CocoaError(.fileWriteUnknown) }
            if file.user != nil || file.group != nil { chown(full, file.user ?? 0, file.group ?? 0) }
            chmod(full, mode_t(file.mode))
        }
        let link = directory + "/..data_tmp"
        unlink(link)
        guard symlink(version, link) == 0, rename(link, directory + "/..data") == 0 else {
            throw CocoaError(.fileWriteUnknown)
        }

        // What users see: a link for each first path component.
        let wanted = Set(files.keys.map { String($0.split(separator: "/", maxSplits: 1)[0]) })
        for name in (try? fm.contentsOfDirectory(atPath: directory)) ?? []
        where !name.hasPrefix("..") && !wanted.contains(name) {
            unlink(directory + "/" + name)
        }
        for name in wanted where (try? fm.destinationOfSymbolicLink(atPath: directory + "/" + name)) == nil {
            symlink("..data/" + name, directory + "/" + name)
        }
        if let old, old != version { try? fm.removeItem(atPath: directory + "/" + old) }
    }

    private func isSame(_ files: [String: File], in place: String) -> Bool {
        guard let walk = FileManager.default.enumerator(atPath: place) else { return false }
        var seen = 0
        while let path = walk.nextObject() as? String {
            var info = stat()
            guard stat(place + "/" + path, &info) == 0 else { return false }
            if info.st_mode & S_IFMT == S_IFDIR { continue }
            guard let file = files[path],
                FileManager.default.contents(atPath: place + "/" + path).map({ [UInt8]($0) }) == file.bytes,
                Int(info.st_mode & 0o7777) == file.mode
            else { return false }
            seen += 1
        }
        return seen == files.count
    }
}
