public import Document
public import Foundation

/// A real, headless Chromium with one page, driven over the DevTools protocol through a pipe.
public final class Chromium: @unchecked Sendable {
    private let process = Process()
    private let toBrowser = Pipe()
    private let fromBrowser = Pipe()
    private let profile: URL
    private let condition = NSCondition()
    private var replies: [Int64: JSON] = [:]
    private var sent: Int64 = 0
    private var session: String?
    private var errors: [String] = []
    private var fulfil: (@Sendable (String) -> String?)?
    private var hasEnded = false

    public struct Failure: Error, CustomStringConvertible {
        public let description: String
        public init(description: String) { self.description = description }
    }

    /// `$CHROMIUM`, else one on the PATH; nil when there is none.
    public static let path: String? = {
        if let path = ProcessInfo.processInfo.environment["CHROMIUM"] { return path }
        for name in ["chromium", "chromium-browser", "google-chrome"] {
            if let path = Tools.find(name) { return path }
        }
        return nil
    }()

    /// Starts the browser. Certificates of servers are not checked: the clusters of tests sign their own. `home` is where it looks for
    /// certificates of the person at it.
    public init(width: Int = 1280, height: Int = 720, home: URL? = nil) throws {
        guard let path = Self.path else {
            throw Failure(description: "there is no Chromium: tools/bootstrap --test installs one")
        }
        profile = FileManager.default.temporaryDirectory.appendingPathComponent(
            "reckon-chromium-\(UUID().uuidString.prefix(8))")
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        if let home {
            var environment = ProcessInfo.processInfo.environment
            environment["HOME"] = home.path
            process.environment = environment
        }
        // The protocol's pipe is descriptors 3 and 4.
        process.arguments = [
            "-c", "exec \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1", "sh", path, "--headless=new", "--no-sandbox",
            "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--remote-debugging-pipe",
            "--ignore-certificate-errors", "--user-data-dir=\(profile.path)", "--window-size=\(width),\(height)",
            "about:blank",
        ]
        process.standardInput = toBrowser
        process.standardOutput = fromBrowser
        try process.run()
        let input = fromBrowser.fileHandleForReading
        Thread.detachNewThread { [weak self] in Self.read(input) { self?.arrived($0) } }
        let target = try call("Target.createTarget", ["url": "about:blank"])
        session = try call(
            "Target.attachToTarget", ["targetId": target["targetId"] ?? .null, "flatten": true])["sessionId"]?.string
        for domain in ["Page", "Runtime", "Log", "Accessibility"] { try call(domain + ".enable") }
        try call(
            "Emulation.setDeviceMetricsOverride",
            [
                "width": .int(Int64(width)), "height": .int(Int64(height)), "deviceScaleFactor": 1, "mobile": false,
            ])
    }

    /// Ends the browser and removes what it stored.
    public func close() {
        post("Browser.close")
        let deadline = Date().addingTimeInterval(5)
        while process.isRunning, Date() < deadline { usleep(20_000) }
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        try? FileManager.default.removeItem(at: profile)
    }

    // MARK: the protocol

    private static func read(_ input: FileHandle, _ arrived: (JSON?) -> Void) {
        var rest = Data()
        while true {
            let data = input.availableData
            if data.isEmpty {
                arrived(nil)
                return
            }
            rest += data
            while let end = rest.firstIndex(of: 0) {
                if let message = try? JSON(parsing: Array(rest[rest.startIndex..<end])) { arrived(message) }
                rest = Data(rest[rest.index(after: end)...])
            }
        }
    }

    private func arrived(_ message: JSON?) {
        guard let message else {
            condition.withLock { hasEnded = true }
            condition.broadcast()
            return
        }
        if let id = message["id"]?.int {
            condition.withLock { replies[id] = message }
            condition.broadcast()
            return
        }
        switch message["method"]?.string {
        case "Runtime.exceptionThrown":
            let details = message["params", "exceptionDetails"]
            let text = details?["exception", "description"]?.string ?? details?["text"]?.string ?? "an exception"
            condition.withLock { errors.append(text) }
        case "Log.entryAdded":
            // What the page's own policy stops is an error of the page.
            let text = message["params", "entry", "text"]?.string ?? ""
            if text.contains("Content Security Policy") { condition.withLock { errors.append(text) } }
        case "Fetch.requestPaused":
            guard let params = message["params"], let id = params["requestId"] else { return }
            let url = params["request", "url"]?.string ?? ""
            guard let body = condition.withLock({ fulfil })?(url) else {
                post("Fetch.continueRequest", ["requestId": id])
                return
            }
            post(
                "Fetch.fulfillRequest",
                [
                    "requestId": id, "responseCode": 200,
                    "responseHeaders": [["name": "content-type", "value": "application/json"]],
                    "body": .string(Data(body.utf8).base64EncodedString()),
                ])
        default: break
        }
    }

    @discardableResult
    private func post(_ method: String, _ params: JSON = [:]) -> Int64 {
        condition.withLock {
            sent += 1
            var message: JSON = ["id": .int(sent), "method": .string(method), "params": params]
            if let session { message["sessionId"] = .string(session) }
            toBrowser.fileHandleForWriting.write(Data(message.encoded() + [0]))
            return sent
        }
    }

    /// One command of the protocol and its result.
    @discardableResult
    public func call(_ method: String, _ params: JSON = [:], seconds: Double = 30) throws -> JSON {
        let id = post(method, params)
        let deadline = Date().addingTimeInterval(seconds)
        return try condition.withLock {
            while replies[id] == nil, !hasEnded, Date() < deadline { condition.wait(until: deadline) }
            guard let reply = replies.removeValue(forKey: id) else {
                throw Failure(description: "\(method) was not answered")
            }
            if let error = reply["error"] { throw Failure(description: "\(method): \(error.text)") }
            return reply["result"] ?? .null
        }
    }

    // MARK: what a person does

    public func open(_ url: String) throws { try call("Page.navigate", ["url": .string(url)]) }

    /// A JavaScript expression's value (promises are waited for).
    @discardableResult
    public func evaluate(_ script: String) throws -> JSON {
        let result = try call(
            "Runtime.evaluate", ["expression": .string(script), "returnByValue": true, "awaitPromise": true])
        if let details = result["exceptionDetails"] {
            throw Failure(description: details["exception", "description"]?.string ?? details.text)
        }
        return result["result", "value"] ?? .null
    }

    /// Waits until an expression is true; false when it never is.
    public func eventually(_ script: String, seconds: Double = 15) -> Bool {
        let deadline = Date().addingTimeInterval(seconds)
        while Date() < deadline {
            // Between two pages there is nothing to ask.
            if let value = try? evaluate("Boolean(\(script))"), value == true { return true }
            usleep(40_000)
        }
        return false
    }

    public func press(_ key: String) throws {
        let codes: [String: Int64] = [
            "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, "End": 35, "Enter": 13,
            "Escape": 27, " ": 32,
        ]
        let text = key == "Enter" ? "\r" : key.utf8.count == 1 ? key : ""
        let code = codes[key] ?? Int64(key.uppercased().unicodeScalars.first?.value ?? 0)
        try call(
            "Input.dispatchKeyEvent",
            [
                "type": "keyDown", "key": .string(key), "text": .string(text),
                "windowsVirtualKeyCode": .int(code),
            ])
        try call(
            "Input.dispatchKeyEvent",
            ["type": "keyUp", "key": .string(key), "windowsVirtualKeyCode": .int(code)])
    }

    public func type(_ text: String) throws { for character in text { try press(String(character)) } }

    /// Presses the button at the first point, moves through the others and lets go at the last.
    public func drag(_ points: [(x: Double, y: Double)]) throws {
        func mouse(_ type: String, _ point: (x: Double, y: Double), buttons: Int64) throws {
            try call(
                "Input.dispatchMouseEvent",
                [
                    "type": .string(type), "x": .double(point.x), "y": .double(point.y), "button": "left",
                    "buttons": .int(buttons), "clickCount": 1,
                ])
        }
        try mouse("mousePressed", points[0], buttons: 1)
        for point in points.dropFirst() { try mouse("mouseMoved", point, buttons: 1) }
        try mouse("mouseReleased", points[points.count - 1], buttons: 0)
    }

    /// Answers requests whose URL fits the pattern in the server's place; nil lets one through.
    public func answer(_ pattern: String, with answer: @escaping @Sendable (String) -> String?) throws {
        condition.withLock { fulfil = answer }
        try call("Fetch.enable", ["patterns": [["urlPattern": .string(pattern)]]])
    }

    /// Uncaught exceptions and what the content policy stopped, so far.
    public var pageErrors: [String] { condition.withLock { errors } }

    /// Writes what is seen as a PNG.
    public func screenshot(to file: URL) throws {
        let data = try call("Page.captureScreenshot", ["format": "png"])["data"]?.string ?? ""
        try (Data(base64Encoded: data) ?? Data()).write(to: file)
    }
}
