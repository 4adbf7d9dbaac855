import APIServer
import ArgumentParser
import Document
import EventLog
import Foundation
import History
import Requests
import Schema
import Yams

/// How a question is printed.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case text, wide, json, yaml, dot, jsonl
}

/// What every command that asks the past shares: whom to ask, and how to print the answer.
struct QuestionOptions: ParsableArguments {
    @Option(name: [.customShort("n"), .long], help: "The namespace; the kubeconfig's own or default without it.")
    var namespace: String?

    @Option(name: [.customShort("o"), .long], help: "text, wide (no line is cut), json, yaml or jsonl.")
    var output = OutputFormat.text

    @Option(help: "The kubeconfig; $KUBECONFIG or ~/.kube/config by default.")
    var kubeconfig: String?

    @Option(
        help: ArgumentHelp(
            "Ask the log in a data directory itself, with or without a server running on it.", valueName: "dir"))
    var data: String?

    /// The namespace that objects are looked for in.
    func effectiveNamespace() throws -> String {
        if let namespace { return namespace }
        return data == nil ? try Kubeconfig(path: kubeconfig).namespace ?? "default" : "default"
    }

    /// The answer to a question, from the server or the log.
    func ask(_ name: String, _ parameters: [(String, String?)]) async throws -> JSON {
        let given = parameters.compactMap { name, value in value.map { (name, $0) } }
        if let data {
            return try OpenedLog(data).answer(
                name, Query(given.map { Query.Parameter(name: $0.0, value: $0.1) }))
        }
        return try await ClusterClient(try Kubeconfig(path: kubeconfig)).get(
            "/reckon/v1/\(name)?" + Self.encoded(given))
    }

    /// Each document of an answer that goes on until somebody ends it.
    func follow(
        _ name: String, _ parameters: [(String, String?)], _ each: @escaping @Sendable (JSON) -> Void
    ) async throws {
        let given = parameters.compactMap { name, value in value.map { (name, $0) } }
        try await ClusterClient(try Kubeconfig(path: kubeconfig)).lines(
            "/reckon/v1/\(name)?" + Self.encoded(given), each)
    }

    static func encoded(_ parameters: [(String, String)]) -> String {
        var allowed = CharacterSet.urlQueryAllowed
        allowed.remove(charactersIn: "+&=;")
        return parameters.map { name, value in
            name + "=" + (value.addingPercentEncoding(withAllowedCharacters: allowed) ?? "")
        }.joined(separator: "&")
    }

    /// Prints a list; as JSON lines its items, the oldest first.
    func showItems(_ answer: JSON, _ text: (Ink) -> String) throws {
        guard output == .jsonl else { return try show(answer, text) }
        for item in (answer["items"]?.elements ?? []).reversed() { print(item.text) }
    }

    /// Prints the document when JSON or YAML is wanted, otherwise the text.
    func show(_ answer: JSON, _ text: (Ink) -> String) throws {
        switch output {
        case .dot: throw ValidationError("-o dot is for why; this takes text, wide, json or yaml")
        case .jsonl: print(answer.text)
        case .json: print(String(decoding: PrettyJSON.indent(answer.encoded()), as: UTF8.self))
        case .yaml: print(answer.yamlText, terminator: "")
        case .text, .wide: print(text(Terminal.ink(wide: output == .wide)))
        }
    }
}

/// Shows at once what was printed.
func flushOutput() { fflush(nil) }

/// What standard output can show.
enum Terminal {
    /// Colours and a width only when it is a terminal, and no colours when NO_COLOR is set.
    static func ink(wide: Bool = false) -> Ink {
        let isTerminal = isatty(STDOUT_FILENO) != 0
        var size = winsize()
        let knowsSize = isTerminal && ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0
        let wantsColour = isTerminal && (ProcessInfo.processInfo.environment["NO_COLOR"] ?? "").isEmpty
        return Ink(hasColour: wantsColour, width: wide || !knowsSize ? 0 : Int(size.ws_col), now: Terminal.now)
    }

    static var now: Timestamp { Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000)) }
}

extension JSON {
    /// The document as YAML.
    var yamlText: String { String(decoding: yaml(), as: UTF8.self) }
}

/// KIND/NAME, KIND NAME or KIND, as kubectl takes them; KIND may have its group behind a dot.
struct ObjectWords {
    var kind: String?
    var name: String?

    /// At most two words.
    init(_ words: [String]) throws {
        guard words.count <= 2 else { throw ValidationError("say KIND/NAME or KIND NAME, for example deployment/web") }
        guard let first = words.first else { return }
        let parts = first.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 2, !parts.contains("") else { throw ValidationError("\"\(first)\" is no KIND/NAME") }
        kind = parts[0]
        if parts.count == 2 {
            if words.count == 2 { throw ValidationError("\"\(words[1])\" is one word too many after \(first)") }
            name = parts[1]
        } else if words.count == 2 {
            name = words[1]
        }
    }

    /// What somebody may do something to: a /path, a kind or KIND/NAME.
    static func target(_ word: String) throws -> [(String, String?)] {
        word.hasPrefix("/") ? [("path", word)] : try ObjectWords([word]).parameters
    }

    /// One object must be named.
    static func one(_ words: [String]) throws -> ObjectWords {
        let object = try ObjectWords(words)
        guard object.kind != nil, object.name != nil else {
            throw ValidationError("say KIND/NAME, for example deployment/web")
        }
        return object
    }

    var parameters: [(String, String?)] { [("resource", kind), ("name", name)] }
}
