import Crypto
import PageFiles
import Records

/// `/ui/`: the timeline in a browser. Its files are public and in the binary; everything they show comes from the API, with the
/// rights of the person who signs in there.
extension APIServer {
    /// Scripts and styles from here alone, none inside the page, and nobody may frame it.
    private static let pagePolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

    /// False when the path is not the page's.
    func servePage(_ exchange: Exchange) -> Bool {
        let path = exchange.request.path
        guard path.utf8.starts(with: "/ui".utf8), path == "/ui" || path.hasPrefix("/ui/") else { return false }
        exchange.authentication = AuthenticationFacts(authenticator: "anonymous", user: .anonymous)
        let method = exchange.request.method
        guard method == .GET || method == .HEAD else {
            fail(exchange, Self.notAllowed)
            return true
        }
        if path == "/ui" {
            note(exchange, code: 301)
            exchange.answer(301, [], contentType: "text/html; charset=utf-8", more: [("location", "/ui/")])
            return true
        }
        let name = path == "/ui/" ? "index.html" : String(path.dropFirst(4))
        guard let file = PageFile.all[name] else {
            note(exchange, code: 404)
            exchange.answer(404, text: "404 page not found\n")
            return true
        }
        let more = [
            ("etag", file.tag), ("content-security-policy", Self.pagePolicy), ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"), ("x-frame-options", "DENY"),
            ("cross-origin-opener-policy", "same-origin"),
        ]
        if exchange.request.headers.list("if-none-match").contains(file.tag) {
            note(exchange, code: 304)
            exchange.answer(304, [], contentType: file.type, more: more)
        } else {
            note(exchange, code: 200)
            exchange.answer(200, file.bytes, contentType: file.type, more: more)
        }
        return true
    }
}

/// One file of the page.
struct PageFile: Sendable {
    let bytes: [UInt8]
    let type: String
    /// Changes with the content.
    let tag: String

    /// By name, `index.html`.
    static let all: [String: PageFile] = {
        var files: [String: PageFile] = [:]
        for i in 0..<Int(reckon_page_file_count()) {
            let file = reckon_page_file(Int32(i))
            guard let name = file.name, let start = file.start else { continue }
            let bytes = Array(UnsafeBufferPointer(start: start, count: file.length))
            let hash = SHA256.hash(data: bytes).prefix(12).map { byte in
                let digits = String(byte, radix: 16)
                return digits.utf8.count == 1 ? "0" + digits : digits
            }
            let text = String(cString: name)
            files[text] = PageFile(bytes: bytes, type: Self.type(of: text), tag: "\"\(hash.joined())\"")
        }
        return files
    }()

    private static func type(of name: String) -> String {
        switch name.split(separator: ".").last {
        case "html": "text/html; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "js": "text/javascript; charset=utf-8"
        case "svg": "image/svg+xml"
        default: "application/octet-stream"
        }
    }
}
