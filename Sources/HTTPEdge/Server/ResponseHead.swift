import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The fixed parts of answers' heads, made once.
enum ResponseHead {
    /// The reason phrases of RFC 9110, as net/http writes them.
    static func reason(_ status: Int) -> StaticString {
        switch status {
        case 100: "Continue"
        case 101: "Switching Protocols"
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 206: "Partial Content"
        case 301: "Moved Permanently"
        case 302: "Found"
        case 303: "See Other"
        case 304: "Not Modified"
        case 307: "Temporary Redirect"
        case 308: "Permanent Redirect"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 406: "Not Acceptable"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 410: "Gone"
        case 412: "Precondition Failed"
        case 413: "Request Entity Too Large"
        case 414: "Request URI Too Long"
        case 415: "Unsupported Media Type"
        case 416: "Requested Range Not Satisfiable"
        case 417: "Expectation Failed"
        case 422: "Unprocessable Entity"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: "Status"
        }
    }

    /// `:status` values, made once.
    static let statusTexts: [String] = (0..<600).map(String.init)
    static func text(_ status: Int) -> String {
        statusTexts.indices.contains(status) ? statusTexts[status] : "500"
    }

    /// Whether an answer of that status has no body and no length.
    static func isBodiless(_ status: Int) -> Bool { status == 204 || status == 304 || status < 200 }

    /// Writes the status line and headers of HTTP/1.1, names in their canonical form (`Content-Type`), and the closing empty line.
    static func write(
        _ status: Int, _ headers: [(String, String)], date: String, contentLength: Int?, isChunked: Bool, closes: Bool,
        keepsAliveHTTP10: Bool, into out: inout ByteBuffer
    ) {
        if status == 200 {
            out.writeStaticString("HTTP/1.1 200 OK\r\n")
        } else {
            out.writeStaticString("HTTP/1.1 ")
            writeDecimal(status, into: &out)
            out.writeStaticString(" ")
            out.writeStaticString(reason(status))
            out.writeStaticString("\r\n")
        }
        for (name, value) in headers { write(name, value, into: &out) }
        if status >= 200 {
            out.writeStaticString("Date: ")
            out.writeString(date)
            out.writeStaticString("\r\n")
        }
        if let contentLength {
            out.writeStaticString("Content-Length: ")
            writeDecimal(contentLength, into: &out)
            out.writeStaticString("\r\n")
        } else if isChunked {
            out.writeStaticString("Transfer-Encoding: chunked\r\n")
        }
        if closes {
            out.writeStaticString("Connection: close\r\n")
        } else if keepsAliveHTTP10 {
            out.writeStaticString("Connection: keep-alive\r\n")
        }
        out.writeStaticString("\r\n")
    }

    private static func write(_ name: String, _ value: String, into out: inout ByteBuffer) {
        let nameCount = name.utf8.count
        let valueCount = value.utf8.count
        out.writeWithUnsafeMutableBytes(minimumWritableBytes: nameCount + valueCount + 4) { raw in
            var at = 0
            var raises = true
            for byte in name.utf8 {
                raw[at] = raises && byte >= 0x61 && byte <= 0x7A ? byte &- 32 : byte
                raises = byte == UInt8(ascii: "-")
                at += 1
            }
            raw[at] = UInt8(ascii: ":")
            raw[at + 1] = UInt8(ascii: " ")
            at += 2
            for byte in value.utf8 {
                // A line break in a value would start a header of the sender's choice.
                raw[at] = byte == 13 || byte == 10 || byte == 0 ? 32 : byte
                at += 1
            }
            raw[at] = 13
            raw[at + 1] = 10
            return at + 2
        }
    }

    static func writeDecimal(_ number: Int, into out: inout ByteBuffer) {
        out.writeWithUnsafeMutableBytes(minimumWritableBytes: 20) { raw in
            var digits = 1
            var rest = number / 10
            while rest > 0 {
                digits += 1
                rest /= 10
            }
            rest = number
            var at = digits
            while at > 0 {
                at -= 1
                raw[at] = UInt8(truncatingIfNeeded: rest % 10) + 48
                rest /= 10
            }
            return digits
        }
    }

    static func writeHexadecimal(_ number: Int, into out: inout ByteBuffer) {
        var shift = 60
        while shift > 0, number >> shift & 15 == 0 { shift -= 4 }
        while shift >= 0 {
            let digit = UInt8(truncatingIfNeeded: number >> shift & 15)
            out.writeInteger(digit < 10 ? digit + 48 : digit + 87)
            shift -= 4
        }
    }
}

/// Dates as HTTP writes them.
public enum HTTPDate {
    /// `Sun, 06 Nov 1994 08:49:37 GMT`, from seconds since 1970.
    public static func text(_ seconds: Int) -> String { DateText.format(seconds) }
}

/// The `Date` header's text, made once a second for each event loop.
struct DateText {
    private var second = 0
    private(set) var text = ""

    mutating func current() -> String {
        let now = time(nil)
        if now != second {
            second = now
            text = Self.format(now)
        }
        return text
    }

    /// `Sun, 06 Nov 1994 08:49:37 GMT`.
    static func format(_ seconds: Int) -> String {
        var moment = time_t(seconds)
        var parts = tm()
        gmtime_r(&moment, &parts)
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        func two(_ n: Int32) -> String { n < 10 ? "0\(n)" : "\(n)" }
        return
            "\(days[Int(parts.tm_wday)]), \(two(parts.tm_mday)) \(months[Int(parts.tm_mon)]) \(parts.tm_year + 1900) "
            + "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) GMT"
    }
}
