import Document
package import Engine
import Foundation

/// A container's log as the runtime writes it: lines of `TIME stdout|stderr F|P TEXT`.
struct LogFile {
    let path: String

    /// One line's parts, as ranges of its bytes.
    struct Line {
        var time: ArraySlice<UInt8>
        var isError: Bool
        /// The line goes on in the next one.
        var isPartial: Bool
        var text: ArraySlice<UInt8>

        init?(_ bytes: ArraySlice<UInt8>) {
            guard let first = bytes.firstIndex(of: 0x20), let second = bytes[(first + 1)...].firstIndex(of: 0x20),
                let third = bytes[(second + 1)...].firstIndex(of: 0x20)
            else { return nil }
            time = bytes[..<first]
            isError = bytes[(first + 1)..<second].elementsEqual("stderr".utf8)
            isPartial = bytes[second + 1] == UInt8(ascii: "P")
            text = bytes[(third + 1)...]
        }
    }

    /// Where the last `lines` lines begin.
    static func offset(ofLast lines: Int64, in file: Int32) -> off_t {
        let end = lseek(file, 0, SEEK_END)
        if lines <= 0 { return end }
        var position = end
        var found: Int64 = 0
        var buffer = [UInt8](repeating: 0, count: 65536)
        while position > 0 {
            let count = Int(min(off_t(buffer.count), position))
            position -= off_t(count)
            guard pread(file, &buffer, count, position) == count else { return 0 }
            for i in stride(from: count - 1, through: 0, by: -1) where buffer[i] == 0x0A {
                // The newline at the very end closes the last line.
                if position + off_t(i) == end - 1 { continue }
                found += 1
                if found == lines { return position + off_t(i) + 1 }
            }
        }
        return 0
    }

    /// The end of the log as text, for a termination message.
    func lastWords(linesMax: Int64, bytesMax: Int) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        lseek(file, LogFile.offset(ofLast: linesMax, in: file), SEEK_SET)
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while bytes.count < 1 << 20 {
            let count = read(file, &buffer, buffer.count)
            if count <= 0 { break }
            bytes += buffer[..<count]
        }
        var out: [UInt8] = []
        for raw in bytes.split(separator: 0x0A) {
            guard let line = Line(raw) else { continue }
            out += line.text
            if !line.isPartial { out.append(0x0A) }
        }
        return String(decoding: out.suffix(bytesMax), as: UTF8.self)
    }
}

/// Reads a log from a place on and turns it into what a client sees.
package struct LogReader {
    let request: LogRequest
    private var file: Int32
    private var inode: ino_t
    private let path: String
    private var rest: [UInt8] = []
    private var left: Int64
    private var continues = false

    package init?(path: String, _ request: LogRequest) {
        self.request = request
        self.path = path
        file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        var info = stat()
        fstat(file, &info)
        inode = info.st_ino
        left = request.limitBytes ?? .max
        lseek(file, request.tailLines.map { LogFile.offset(ofLast: $0, in: file) } ?? 0, SEEK_SET)
    }

    package func closeFile() { close(file) }
    var isFull: Bool { left <= 0 }

    /// The next piece; nil at the present end.
    package mutating func next() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = read(file, &buffer, buffer.count)
        if count <= 0 {
            reopenWhenRotated()
            return nil
        }
        rest += buffer[..<count]
        var out: [UInt8] = []
        var start = 0
        while let end = rest[start...].firstIndex(of: 0x0A) {
            put(rest[start..<end], &out)
            start = end + 1
            if left <= 0 { break }
        }
        rest.removeSubrange(..<start)
        return out
    }

    private mutating func put(_ raw: ArraySlice<UInt8>, _ out: inout [UInt8]) {
        guard let line = LogFile.Line(raw) else { return }
        if let since = request.since {
            guard let time = Timestamp(rfc3339: String(decoding: line.time, as: UTF8.self)), time >= since else {
                return
            }
        }
        if let stream = request.stream, stream != "All", (stream == "Stderr") != line.isError { return }
        let before = out.count
        if request.timestamps, !continues {
            out += line.time
            out.append(0x20)
        }
        out += line.text
        if !line.isPartial { out.append(0x0A) }
        continues = line.isPartial
        let added = Int64(out.count - before)
        if added > left { out.removeLast(Int(added - left)) }
        left -= added
    }

    private mutating func reopenWhenRotated() {
        var info = stat()
        guard stat(path, &info) == 0, info.st_ino != inode else { return }
        let new = open(path, O_RDONLY | O_CLOEXEC)
        guard new >= 0 else { return }
        close(file)
        file = new
        inode = info.st_ino
    }
}
