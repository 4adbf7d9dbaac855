/// A tar archive (ustar) in memory; the same entries give the same bytes.
struct TarArchive {
    private(set) var bytes: [UInt8] = []

    mutating func addDirectory(_ path: String, mode: Int = 0o755) {
        add(path + "/", [], mode: mode, type: "5", link: "")
    }
    mutating func addFile(_ path: String, _ content: [UInt8], mode: Int = 0o644) {
        add(path, content, mode: mode, type: "0", link: "")
    }
    mutating func addLink(_ path: String, to target: String) { add(path, [], mode: 0o777, type: "2", link: target) }

    /// The whole archive, with its end marker.
    func finished() -> [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }

    private mutating func add(_ path: String, _ content: [UInt8], mode: Int, type: Character, link: String) {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int, width: Int) {
            for (i, byte) in text.utf8.prefix(width).enumerated() { header[offset + i] = byte }
        }
        func octal(_ value: Int, _ digits: Int) -> String {
            let text = String(value, radix: 8)
            return String(repeating: "0", count: max(0, digits - text.count)) + text
        }
        put(path, at: 0, width: 100)
        put(octal(mode, 7), at: 100, width: 7)
        put(octal(0, 7), at: 108, width: 7)
        put(octal(0, 7), at: 116, width: 7)
        put(octal(content.count, 11), at: 124, width: 11)
        put(octal(0, 11), at: 136, width: 11)
        put("        ", at: 148, width: 8)
        put(String(type), at: 156, width: 1)
        put(link, at: 157, width: 100)
        put("ustar", at: 257, width: 5)
        put("00", at: 263, width: 2)
        put("root", at: 265, width: 4)
        put("root", at: 297, width: 4)
        let sum = header.reduce(0) { $0 + Int($1) }
        put(octal(sum, 6), at: 148, width: 6)
        header[154] = 0
        header[155] = 0x20
        bytes += header
        bytes += content
        let rest = content.count % 512
        if rest > 0 { bytes += [UInt8](repeating: 0, count: 512 - rest) }
    }
}
