/// Indents JSON that has no white space: two spaces a level, as Go's `json.Indent`.
public enum PrettyJSON {
    public static func indent(_ bytes: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count * 2)
        var depth = 0
        var i = 0
        func line(_ out: inout [UInt8]) {
            out.append(UInt8(ascii: "\n"))
            for _ in 0..<depth { out.append(contentsOf: [32, 32]) }
        }
        while i < bytes.count {
            let b = bytes[i]
            switch b {
            case UInt8(ascii: "\""):
                let start = i
                i += 1
                while i < bytes.count, bytes[i] != UInt8(ascii: "\"") { i += bytes[i] == UInt8(ascii: "\\") ? 2 : 1 }
                out.append(contentsOf: bytes[start...min(i, bytes.count - 1)])
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                out.append(b)
                if i + 1 < bytes.count, bytes[i + 1] == UInt8(ascii: "}") || bytes[i + 1] == UInt8(ascii: "]") {
                    i += 1
                    out.append(bytes[i])
                } else {
                    depth += 1
                    line(&out)
                }
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                line(&out)
                out.append(b)
            case UInt8(ascii: ","):
                out.append(b)
                line(&out)
            case UInt8(ascii: ":"): out.append(contentsOf: [b, 32])
            default: out.append(b)
            }
            i += 1
        }
        return out
    }
}
